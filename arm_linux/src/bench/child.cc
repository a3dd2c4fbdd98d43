#include "bench/child.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <utility>

#include "failure.h"
#include "status.h"

namespace oarlock {
namespace app {
namespace bench {
namespace {

constexpr size_t kMostOutput = 64 << 10;
constexpr size_t kLongestWords = 500;
constexpr char kMessage = 'm';
constexpr char kFailure = 'f';  // a code and a sentence, NUL between them
constexpr size_t kHeader = 1 + sizeof(uint64_t);

// A file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const { return number_; }
  void close() {
    if (number_ >= 0) ::close(std::exchange(number_, -1));
  }

 private:
  int number_;
};

// A child process, which is killed and waited for.
class Process {
 public:
  explicit Process(pid_t number) : number_(number) {}
  ~Process() {
    if (number_ <= 0) return;
    ::kill(number_, SIGKILL);
    wait();
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Its status as waitpid() gives it.
  int wait() {
    int status = 0;
    while (::waitpid(number_, &status, 0) < 0 && errno == EINTR) {
    }
    number_ = -1;
    return status;
  }

 private:
  pid_t number_;
};

[[noreturn]] void fail_to_start(const char* what) {
  throw Failure("OAR-ENGINE-UNAVAILABLE",
                text("a process that measures cannot be started: ", what, ": ", std::strerror(errno)));
}

void write_all(int descriptor, const std::string& text) {
  for (size_t done = 0; done < text.size();) {
    const ssize_t written = ::write(descriptor, text.data() + done, text.size() - done);
    if (written < 0 && errno != EINTR) ::_exit(1);
    done += static_cast<size_t>(std::max<ssize_t>(written, 0));
  }
}

// Kind, length and content.
void write_record(int descriptor, char kind, const std::string& content) {
  const uint64_t size = content.size();
  write_all(descriptor, kind + std::string(reinterpret_cast<const char*>(&size), sizeof size) + content);
}

// In the child: its life.
[[noreturn]] void live(pid_t parent, int news, int output, const std::function<void(const Tell&)>& work) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(0);  // It ended before the line above.
  ::setsid();                             // Ctrl-C is for the parent.
  // What the program does with signals, such as telling of a crash on stdout, is not for this process.
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  const rlimit none = {0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  // The engine prints.
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  try {
    work([news](const std::string& message) { write_record(news, kMessage, message); });
  } catch (const Failure& failure) {
    write_record(news, kFailure, failure.code() + '\0' + failure.what());
  } catch (...) {
    const oar_status status = record_current_exception();
    write_record(news, kFailure, oar_status_code(status) + std::string(1, '\0') + oar_last_error());
  }
  // Without the engine's destructors, which are no business of the model's.
  ::_exit(0);
}

struct Record {
  char kind;
  std::string content;
};

// What comes through a pipe.
class Records {
 public:
  explicit Records(int descriptor) : descriptor_(descriptor) {}

  // The next record; nothing at the end of the pipe, be it within one. Throws Interrupted.
  std::optional<Record> next(int stop) {
    uint64_t size = 0;
    if (!fill(kHeader, stop)) return std::nullopt;
    std::memcpy(&size, buffer_.data() + 1, sizeof size);
    if (!fill(kHeader + size, stop)) return std::nullopt;
    Record record = {buffer_[0], buffer_.substr(kHeader, size)};
    buffer_.erase(0, kHeader + size);
    return record;
  }

 private:
  // Whether the buffer holds so many bytes, after reading what is missing.
  bool fill(size_t size, int stop) {
    while (buffer_.size() < size) {
      std::array<pollfd, 2> events = {{{descriptor_, POLLIN, 0}, {stop, POLLIN, 0}}};
      if (::poll(events.data(), events.size(), -1) < 0 && errno != EINTR) return false;
      if (events[1].revents != 0) throw Interrupted{};
      if (events[0].revents == 0) continue;
      std::array<char, 4096> chunk;
      const ssize_t count = ::read(descriptor_, chunk.data(), chunk.size());
      if (count == 0 || (count < 0 && errno != EINTR)) return false;
      buffer_.append(chunk.data(), static_cast<size_t>(std::max<ssize_t>(count, 0)));
    }
    return true;
  }

  int descriptor_;
  std::string buffer_;
};

// The last of what was written to a file.
std::string tail(int descriptor) {
  const off_t size = ::lseek(descriptor, 0, SEEK_END);
  const off_t begin = std::max<off_t>(0, size - static_cast<off_t>(kMostOutput));
  std::string text(static_cast<size_t>(std::max<off_t>(0, size - begin)), '\0');
  const ssize_t count = ::pread(descriptor, text.data(), text.size(), begin);
  text.resize(static_cast<size_t>(std::max<ssize_t>(count, 0)));
  return text;
}

std::string signal_name(int number) {
  constexpr std::pair<int, const char*> kNames[] = {{SIGABRT, "SIGABRT"}, {SIGSEGV, "SIGSEGV"}, {SIGILL, "SIGILL"},
                                                    {SIGBUS, "SIGBUS"},   {SIGFPE, "SIGFPE"},   {SIGKILL, "SIGKILL"},
                                                    {SIGTERM, "SIGTERM"}};
  for (const auto& [signal, name] : kNames) {
    if (signal == number) return name;
  }
  return text("signal ", number);
}

// What the engine said last, on one line, without the "[F …]" that Paddle Lite puts before it.
std::string words_of(const std::string& output) {
  const size_t fatal = output.rfind("[F ");
  const size_t close = fatal == std::string::npos ? std::string::npos : output.find("] ", fatal);
  std::string words;
  for (const char c : close == std::string::npos ? output : output.substr(close + 2)) {
    const bool space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (!space) {
      words += c;
    } else if (!words.empty() && words.back() != ' ') {
      words += ' ';
    }
  }
  while (!words.empty() && (words.back() == ' ' || words.back() == '.')) words.pop_back();
  return words.size() > kLongestWords ? words.substr(words.size() - kLongestWords) : words;
}

}  // namespace

std::string describe_ending(int status, const std::string& output) {
  const std::string words = words_of(output);
  const std::string saying = words.empty() ? "" : ", saying: " + words;
  if (!WIFSIGNALED(status)) return text("ended the process (exit status ", WEXITSTATUS(status), ")", saying);
  const std::string name = signal_name(WTERMSIG(status));
  if (name == "SIGABRT") return "gave up (SIGABRT)" + saying;
  if (name == "SIGKILL" || name == "SIGTERM") {
    return "was ended from outside (" + name + "), as the system does when memory is short";
  }
  return "crashed (" + name + ")" + saying;
}

std::string run_child(const std::string& name, const std::function<void(const Tell&)>& work,
                      const std::function<void(const std::string&)>& on_message, int stop) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail_to_start("pipe2");
  Descriptor received(ends[0]), sent(ends[1]);
  const Descriptor output(::memfd_create("oarlock-bench", MFD_CLOEXEC));
  if (output.number() < 0) fail_to_start("memfd_create");
  const pid_t parent = ::getpid();
  const pid_t number = ::fork();
  if (number < 0) fail_to_start("fork");
  if (number == 0) {
    received.close();
    live(parent, sent.number(), output.number(), work);
  }
  Process process(number);
  sent.close();

  Records records(received.number());
  std::optional<std::string> last;
  for (auto record = records.next(stop); record; record = records.next(stop)) {
    if (record->kind == kFailure) {
      const std::string& content = record->content;
      throw Failure(content.c_str(), content.substr(content.find('\0') + 1));
    }
    if (last) on_message(*last);
    last = std::move(record->content);
  }
  const int status = process.wait();
  if (!last || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw Failure("OAR-ENGINE-CRASHED", text(name, ": Paddle Lite ", describe_ending(status, tail(output.number())),
                                             ". That was in a process of its own, while it was measured"));
  }
  return std::move(*last);
}

}  // namespace bench
}  // namespace app
}  // namespace oarlock
