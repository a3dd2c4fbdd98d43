// All frames of a source, one after another.
#ifndef OARLOCK_ARM_LINUX_FRAMES_DRAIN_H_
#define OARLOCK_ARM_LINUX_FRAMES_DRAIN_H_

#include <cstdint>
#include <functional>
#include <string>

#include "frames/frame_source.h"

namespace oarlock {
namespace app {
namespace frames {

struct Counts {
  uint64_t classified = 0;
  uint64_t failed = 0;  // frames that were no pictures, or that `on_frame` failed for
  uint64_t lost = 0;    // frames that came while another was worked on
};

// What is done with a frame, whose name is "camera#17" for the 17th that the source gave; it may throw Failure.
using OnFrame = std::function<void(const std::string& name, const oar_frame& frame)>;
// What is done with the failure of one.
using OnFailure = std::function<void(const std::string& name, const Failure& error)>;

// Calls one of the two for every frame until the source ends, counting in `counts`, which is right whatever happens.
// Throws what ends the source too early.
void drain(FrameSource& source, const OnFrame& on_frame, const OnFailure& on_failure, Counts* counts);

// "412 of 1000 frames classified; 588 came meanwhile and were left out." For the end, on stderr.
std::string summary(const Counts& counts);

}  // namespace frames
}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_FRAMES_DRAIN_H_
