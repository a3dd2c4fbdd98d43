// Failures of frames and their sources.
#ifndef OARLOCK_ARM_LINUX_FRAMES_FAILING_H_
#define OARLOCK_ARM_LINUX_FRAMES_FAILING_H_

#include "arguments.h"
#include "failure.h"
#include "status.h"

namespace oarlock {
namespace app {
namespace frames {

// Throws a Failure whose sentence is the parts, one after another.
template <class... Parts>
[[noreturn]] void fail(const char* code, const Parts&... parts) {
  throw Failure(code, text(parts...));
}

// The same for an option that is wrong.
template <class... Parts>
[[noreturn]] void refuse_usage(const Parts&... parts) {
  throw UsageError(text(parts...));
}

}  // namespace frames
}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_FRAMES_FAILING_H_
