// Streaming from a camera by V4L2 (Linux' Video for Linux, version 2) with buffers that the driver maps.
#ifndef OARLOCK_ARM_LINUX_FRAMES_CAMERA_STREAM_H_
#define OARLOCK_ARM_LINUX_FRAMES_CAMERA_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "frames/raw_format.h"
#include "frames/video_device.h"

struct v4l2_pix_format;  // of linux/videodev2.h

namespace oarlock {
namespace app {
namespace frames {

enum class CameraFormat { kAny, kYuyv, kMjpeg };

// What is wished of a camera; the driver gives what it can.
struct CameraWish {
  std::string path;  // /dev/video0
  CameraFormat format = CameraFormat::kAny;
  int32_t width = 640;
  int32_t height = 480;
};

// Of "DEVICE[,yuyv|mjpeg[:WIDTHxHEIGHT]]". UsageError.
CameraWish parse_camera(const std::string& text);

// What the driver gives.
struct CameraMode {
  bool mjpeg = false;
  RawFormat raw;           // of a frame in YUYV; of MJPEG width and height alone
  size_t largest = 0;      // bytes of the largest frame
  bool range_told = true;  // whether the driver, and not a custom, says what the range is
  std::string card;        // the camera's name
};

// A camera that streams as long as this lives. One thread at a time.
class CameraStream {
 public:
  // Negotiates, maps the buffers and starts. YUYV is taken when any format will do, since it needs no decoder; MJPEG
  // where there is none. OAR-IO with a sentence for a device that is no camera, offers neither format, or is in use.
  // `path` names it in messages.
  CameraStream(std::unique_ptr<VideoDevice> device, const CameraWish& wish);
  ~CameraStream();
  CameraStream(const CameraStream&) = delete;
  CameraStream& operator=(const CameraStream&) = delete;

  const CameraMode& mode() const { return mode_; }
  // For poll(2).
  int descriptor() const { return device_->descriptor(); }

  // A frame in a buffer of the driver's, which goes back with give_back().
  struct Frame {
    uint32_t index = 0;
    const uint8_t* data = nullptr;
    size_t size = 0;
    uint32_t sequence = 0;  // the driver's count, with gaps for what it has dropped
    bool damaged = false;   // by the driver's word, or too short
  };
  // False when none has come. OAR-IO when the camera has gone.
  bool receive(Frame* frame);
  void give_back(const Frame& frame);

 private:
  struct Buffer {
    uint8_t* data;
    size_t length;
  };

  void check_capabilities();
  void choose_format();
  bool offers(uint32_t pixel_format);
  void read_mode(const ::v4l2_pix_format& format);
  void map_buffers();
  void queue(uint32_t index);
  void stop() noexcept;
  [[noreturn]] void fail_device(const char* what);

  std::unique_ptr<VideoDevice> device_;
  CameraWish wish_;
  CameraMode mode_;
  std::vector<Buffer> buffers_;
};

}  // namespace frames
}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_FRAMES_CAMERA_STREAM_H_
