// Raw frames from a file or a pipe.
#ifndef OARLOCK_ARM_LINUX_FRAMES_RAW_SOURCE_H_
#define OARLOCK_ARM_LINUX_FRAMES_RAW_SOURCE_H_

#include <memory>
#include <string>

#include "frames/frame_source.h"
#include "frames/raw_format.h"

namespace oarlock {
namespace app {
namespace frames {

// Frames of `format` from `path`; "-" is standard input. A regular file gives every frame, one after another. A pipe,
// socket or device is read as fast as it writes, by a thread of its own, and gives the newest: what came while the
// caller was busy is lost, and counted. After the end of either, next() throws when it was in the middle of a frame, or
// before the first.
//
// `stop` is a descriptor that becomes readable when the caller wants an end, or -1; next() then returns false.
// OAR-NOT-FOUND, OAR-IO.
std::unique_ptr<FrameSource> open_raw(const std::string& path, const RawFormat& format, int stop);

}  // namespace frames
}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_FRAMES_RAW_SOURCE_H_
