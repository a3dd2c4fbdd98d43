#include "stop.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <string>

namespace oarlock {
namespace app {
namespace {

// What the handler touches.
volatile std::sig_atomic_t caught = 0;
int ends[2] = {-1, -1};

constexpr std::array<int, 2> kSignals = {SIGINT, SIGTERM};

void note(int number) {
  if (caught != 0) ::_exit(128 + number);
  caught = number;
  const int error = errno;
  const char byte = 0;
  [[maybe_unused]] const ssize_t written = ::write(ends[1], &byte, 1);
  errno = error;
}

}  // namespace

Stop::Stop() {
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
    throw std::runtime_error(std::string("a pipe cannot be made: ") + std::strerror(errno));
  }
  for (const int number : kSignals) {
    struct sigaction before = {};
    ::sigaction(number, nullptr, &before);
    if (before.sa_handler == SIG_IGN) continue;
    struct sigaction action = {};
    action.sa_handler = note;
    sigemptyset(&action.sa_mask);
    ::sigaction(number, &action, nullptr);  // without SA_RESTART: read() shall return
  }
}

Stop::~Stop() {
  for (const int number : kSignals) {
    struct sigaction now = {};
    ::sigaction(number, nullptr, &now);
    if (now.sa_handler == note) ::signal(number, SIG_DFL);
  }
  for (int& end : ends) {
    ::close(end);
    end = -1;
  }
  caught = 0;
}

bool Stop::requested() const { return caught != 0; }

int Stop::descriptor() const { return ends[0]; }

int Stop::exit_status() const { return caught == 0 ? 0 : 128 + caught; }

}  // namespace app
}  // namespace oarlock
