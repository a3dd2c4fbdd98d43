#include "frames/waiting.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "frames/failing.h"

namespace oarlock {
namespace app {
namespace frames {

Waited wait_readable_for(int descriptor, int stop, int other, int milliseconds) {
  for (;;) {
    std::array<pollfd, 3> events = {{{descriptor, POLLIN, 0}, {stop, POLLIN, 0}, {other, POLLIN, 0}}};
    const int count = ::poll(events.data(), events.size(), milliseconds);
    if (count < 0 && errno != EINTR) fail("OAR-INTERNAL", "poll failed: ", std::strerror(errno));
    if (count < 0) continue;
    if (events[1].revents != 0 || events[2].revents != 0) return Waited::kStopped;
    return count == 0 ? Waited::kTimedOut : Waited::kReadable;
  }
}

bool wait_readable(int descriptor, int stop, int other) {
  return wait_readable_for(descriptor, stop, other, -1) == Waited::kReadable;
}

bool is_readable(int descriptor) {
  return descriptor >= 0 && wait_readable_for(descriptor, -1, -1, 0) == Waited::kReadable;
}

Event::Event() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (descriptor_ < 0) fail("OAR-INTERNAL", "no event can be made: ", std::strerror(errno));
}

Event::~Event() { ::close(descriptor_); }

void Event::signal() const {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(descriptor_, &one, sizeof one);
}

}  // namespace frames
}  // namespace app
}  // namespace oarlock
