#include "output.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>

#include "failure.h"

namespace oarlock {
namespace app {
namespace {

[[noreturn]] void fail_to_write(int error) {
  if (error == EPIPE) throw ReaderGone{};
  fail_with("OAR-IO", {"standard output: cannot be written: ", std::strerror(error)});
}

}  // namespace

Output::Output() : descriptor_(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)) {
  ::signal(SIGPIPE, SIG_IGN);
  if (::dup2(STDERR_FILENO, STDOUT_FILENO) >= 0) return;
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);  // stderr is closed
  if (nowhere < 0) return;
  ::dup2(nowhere, STDOUT_FILENO);
  ::close(nowhere);
}

Output::~Output() {
  if (descriptor_ < 0) return;
  ::dup2(descriptor_, STDOUT_FILENO);
  ::close(descriptor_);
}

void Output::write(const void* data, size_t size) {
  const char* next = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = ::write(descriptor_, next, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_to_write(errno);
    next += written;
    size -= static_cast<size_t>(written);
  }
}

bool Output::is_terminal() const { return ::isatty(descriptor_) == 1; }

}  // namespace app
}  // namespace oarlock
