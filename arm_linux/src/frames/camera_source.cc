#include "frames/camera_source.h"

#include <atomic>
#include <cstring>
#include <thread>
#include <utility>

#include "frames/failing.h"
#include "frames/newest_frame.h"
#include "frames/waiting.h"
#include "pictures/picture_file.h"

namespace oarlock {
namespace app {
namespace frames {
namespace {

class Camera : public FrameSource {
 public:
  Camera(std::unique_ptr<VideoDevice> device, const CameraWish& wish, std::optional<oar_yuv_range> range,
         int64_t max_pixels, int stop, int patience_ms)
      : name_(wish.path),
        range_(range),
        max_pixels_(max_pixels),
        patience_ms_(patience_ms),
        stream_(std::move(device), wish),
        mode_(with_range(stream_.mode(), range)),
        slot_(mode_.largest),
        thread_([this, stop] { receive(stop); }) {}

  ~Camera() override {
    ending_.signal();
    thread_.join();
  }

  const std::string& name() const override { return name_; }

  std::vector<std::string> remarks() const override {
    std::vector<std::string> sentences = {text(name_, " is ", mode_.card, ", and gives ",
                                               mode_.mjpeg ? "MJPEG" : "YUYV", " of ", mode_.raw.width, " x ",
                                               mode_.raw.height, " pixels.")};
    if (!mode_.mjpeg && !mode_.range_told && !range_) sentences.push_back(range_remark(mode_.raw));
    return sentences;
  }

  bool next(SourceFrame* frame) override {
    ReceivedFrame received;
    if (!slot_.take(&received)) return false;
    frame->number = received.number;
    if (!mode_.mjpeg) {
      frame->frame = view_raw(mode_.raw, received.data);
      return true;
    }
    try {
      picture_ = decode_picture(text(name_, "#", received.number), received.data, received.size, max_pixels_);
    } catch (const Failure& error) {
      throw BadFrame(error, received.number);
    }
    RawFormat rgb;
    rgb.width = picture_.width;
    rgb.height = picture_.height;
    frame->frame = view_raw(rgb, picture_.rgb.data());
    return true;
  }

  uint64_t lost() const override { return slot_.lost() + dropped_; }

 private:
  static CameraMode with_range(CameraMode mode, std::optional<oar_yuv_range> range) {
    if (range) mode.raw.range = *range;
    return mode;
  }

  void receive(int stop) {
    try {
      for (;;) {
        const Waited waited = wait_readable_for(stream_.descriptor(), stop, ending_.descriptor(), patience_ms_);
        if (waited == Waited::kStopped) break;
        if (waited == Waited::kTimedOut) {
          fail("OAR-IO", name_, ": the camera has given no frame for ", patience_ms_ / 1000, " s");
        }
        CameraStream::Frame frame;
        if (stream_.receive(&frame)) keep(frame);
      }
      slot_.abandon();
    } catch (...) {
      slot_.end(std::current_exception());
    }
  }

  void keep(const CameraStream::Frame& frame) {
    // The driver's count may begin anywhere and go over.
    if (received_++ == 0) previous_ = frame.sequence - 1;
    const uint32_t step = frame.sequence - previous_;
    previous_ = frame.sequence;
    number_ += step;
    dropped_ += step - 1 + (frame.damaged ? 1 : 0);
    if (!frame.damaged) {
      std::memcpy(slot_.begin(), frame.data, frame.size);
      slot_.finish(frame.size, number_);
    }
    stream_.give_back(frame);
  }

  const std::string name_;
  const std::optional<oar_yuv_range> range_;
  const int64_t max_pixels_;
  const int patience_ms_;
  CameraStream stream_;
  const CameraMode mode_;
  NewestFrame slot_;
  StoredPicture picture_;
  std::atomic<uint64_t> dropped_{0};
  // Of the receiving thread.
  uint64_t received_ = 0;
  uint64_t number_ = 0;
  uint32_t previous_ = 0;
  Event ending_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<FrameSource> open_camera(std::unique_ptr<VideoDevice> device, const CameraWish& wish,
                                         std::optional<oar_yuv_range> range, int64_t max_pixels, int stop,
                                         int patience_ms) {
  return std::make_unique<Camera>(std::move(device), wish, range, max_pixels, stop, patience_ms);
}

}  // namespace frames
}  // namespace app
}  // namespace oarlock
