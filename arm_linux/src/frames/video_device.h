// The system calls that a camera needs, as a seam: the tests put a device in their place that exists in memory alone.
#ifndef OARLOCK_ARM_LINUX_FRAMES_VIDEO_DEVICE_H_
#define OARLOCK_ARM_LINUX_FRAMES_VIDEO_DEVICE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace oarlock {
namespace app {
namespace frames {

// An opened video device that does not block. Errors are in errno, as the system leaves them. One thread at a time.
class VideoDevice {
 public:
  virtual ~VideoDevice() = default;

  // ioctl(2), again where a signal interrupted it: 0 and more, or -1.
  virtual int control(unsigned long request, void* argument) = 0;
  // Maps `length` bytes at `offset`, readable and writable; NULL when that fails.
  virtual uint8_t* map(size_t length, int64_t offset) = 0;
  virtual void unmap(uint8_t* data, size_t length) = 0;
  // For poll(2): readable when a frame has come.
  virtual int descriptor() const = 0;
};

// Opens /dev/videoN. OAR-NOT-FOUND, OAR-IO (no right to open it, no video device).
std::unique_ptr<VideoDevice> open_video_device(const std::string& path);

}  // namespace frames
}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_FRAMES_VIDEO_DEVICE_H_
