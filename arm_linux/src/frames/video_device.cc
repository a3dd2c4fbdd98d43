#include "frames/video_device.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "frames/failing.h"

namespace oarlock {
namespace app {
namespace frames {
namespace {

class File : public VideoDevice {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() override { ::close(descriptor_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  int control(unsigned long request, void* argument) override {
    int result;
    do {
      result = ::ioctl(descriptor_, request, argument);
    } while (result < 0 && errno == EINTR);
    return result;
  }

  uint8_t* map(size_t length, int64_t offset) override {
    void* data = ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, static_cast<off_t>(offset));
    return data == MAP_FAILED ? nullptr : static_cast<uint8_t*>(data);
  }

  void unmap(uint8_t* data, size_t length) override { ::munmap(data, length); }

  int descriptor() const override { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace

std::unique_ptr<VideoDevice> open_video_device(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) {
    switch (errno) {
      case ENOENT:
      case ENODEV:
      case ENXIO:
        fail("OAR-NOT-FOUND", path, ": no such camera; `ls /dev/video*` shows those there are");
      case EACCES:
      case EPERM:
        fail("OAR-IO", path,
             ": this user may not open it: `sudo usermod -aG video $USER` and a new login give that right");
      case EBUSY:
        fail("OAR-IO", path, ": another program uses it; end that one first");
      default:
        fail("OAR-IO", path, ": cannot be opened: ", std::strerror(errno));
    }
  }
  auto device = std::make_unique<File>(descriptor);
  struct stat status = {};
  if (::fstat(descriptor, &status) != 0 || !S_ISCHR(status.st_mode)) {
    fail("OAR-IO", path, ": is no device, expected a camera such as /dev/video0; --raw takes frames from files");
  }
  return device;
}

}  // namespace frames
}  // namespace app
}  // namespace oarlock
