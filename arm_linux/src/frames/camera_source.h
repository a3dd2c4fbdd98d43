// The newest frame of a camera.
#ifndef OARLOCK_ARM_LINUX_FRAMES_CAMERA_SOURCE_H_
#define OARLOCK_ARM_LINUX_FRAMES_CAMERA_SOURCE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "frames/camera_stream.h"
#include "frames/frame_source.h"

namespace oarlock {
namespace app {
namespace frames {

// Streams from `device`, which is `wish.path` opened. A thread of its own takes every frame as soon as the driver has
// it, copies it and gives the buffer back; next() gives the newest and decodes it where it is MJPEG, of at most
// `max_pixels`. `range` is what
// --yuv-range says for YUYV; nothing for what the driver says. `stop` is a descriptor that becomes readable when the
// caller wants an end, or -1. Throws what CameraStream throws; next() also OAR-IO when no frame comes for
// `patience_ms`.
std::unique_ptr<FrameSource> open_camera(std::unique_ptr<VideoDevice> device, const CameraWish& wish,
                                         std::optional<oar_yuv_range> range, int64_t max_pixels, int stop,
                                         int patience_ms = 10000);

}  // namespace frames
}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_FRAMES_CAMERA_SOURCE_H_
