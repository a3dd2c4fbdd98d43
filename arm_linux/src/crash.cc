#include "crash.h"

#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

namespace oarlock {
namespace app {
namespace {

struct Report {
  int signal;
  const char* name;
  std::string on_stderr;
  std::string on_stdout;
};

volatile std::sig_atomic_t at_work = 0;
int output_descriptor = -1;

// Never destroyed: a crash may come late.
std::array<Report, 5>& reports() {
  static auto& instance = *new std::array<Report, 5>{{{SIGABRT, "SIGABRT", "", ""},
                                                      {SIGBUS, "SIGBUS", "", ""},
                                                      {SIGFPE, "SIGFPE", "", ""},
                                                      {SIGILL, "SIGILL", "", ""},
                                                      {SIGSEGV, "SIGSEGV", "", ""}}};
  return instance;
}

void write_all(int descriptor, const std::string& text) {
  const char* next = text.data();
  size_t left = text.size();
  while (left > 0) {
    const ssize_t written = ::write(descriptor, next, left);
    if (written <= 0) return;
    next += written;
    left -= static_cast<size_t>(written);
  }
}

void tell(int number) {
  if (at_work != 0) {
    for (const Report& report : reports()) {
      if (report.signal != number) continue;
      write_all(STDERR_FILENO, report.on_stderr);
      write_all(output_descriptor, report.on_stdout);
      ::_exit(1);
    }
  }
  ::signal(number, SIG_DFL);
  ::raise(number);
}

std::string sentence_for(const Report& report, const std::string& model) {
  std::string sentence = model + ": Paddle Lite ended the process (" + report.name + ")";
  if (report.signal == SIGABRT) return sentence + "; what it said is above. Make the model again with `oarlock opt`";
  if (report.signal == SIGILL) {
    return sentence +
           ": its library uses an instruction that this processor lacks. Use one that was built for it, such "
           "as one without fp16";
  }
  return sentence + "; another version of its library may run the model";
}

}  // namespace

void prepare_for_crashes(const std::string& model, const Output& output, const RenderFailure& render) {
  output_descriptor = output.descriptor();
  // A stack overflow leaves no room for a handler on the stack itself.
  static std::array<char, 64 << 10> stack;
  const stack_t alternative = {stack.data(), 0, stack.size()};
  ::sigaltstack(&alternative, nullptr);
  for (Report& report : reports()) {
    const std::string sentence = sentence_for(report, model);
    report.on_stderr = "Error: " + sentence + "\n";
    report.on_stdout = render("OAR-ENGINE-CRASHED", sentence);
    struct sigaction action = {};
    action.sa_handler = tell;
    action.sa_flags = SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    ::sigaction(report.signal, &action, nullptr);
  }
}

EngineAtWork::EngineAtWork() { at_work = at_work + 1; }
EngineAtWork::~EngineAtWork() { at_work = at_work - 1; }

}  // namespace app
}  // namespace oarlock
