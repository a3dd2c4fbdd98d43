// A stand-in for a camera and its driver: the calls of V4L2 that CameraStream makes, answered from memory by the rules
// of the kernel's documentation (Linux Media Userspace API). What a real driver does beside them it cannot show.
#ifndef OARLOCK_ARM_LINUX_TESTS_FAKE_VIDEO_DEVICE_H_
#define OARLOCK_ARM_LINUX_TESTS_FAKE_VIDEO_DEVICE_H_

#include <linux/videodev2.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "frames/video_device.h"

namespace oarlock {
namespace app {
namespace testing {

// The camera, which outlives the device by which a program has it open. Any thread.
class FakeCamera {
 public:
  // What it can and is; set before it is opened.
  std::string card = "Fake Camera";
  uint32_t capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
  std::vector<uint32_t> formats = {V4L2_PIX_FMT_YUYV, V4L2_PIX_FMT_MJPEG};
  uint32_t width = 0;  // the only size it has; 0: whatever is asked for
  uint32_t height = 0;
  uint32_t row_padding = 0;
  uint32_t quantization = V4L2_QUANTIZATION_DEFAULT;
  uint32_t colorspace = V4L2_COLORSPACE_SRGB;
  uint32_t most_buffers = 32;
  std::map<unsigned long, int> failures;  // errno by request

  FakeCamera() : ready_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE)) {}
  ~FakeCamera() { ::close(ready_); }
  FakeCamera(const FakeCamera&) = delete;
  FakeCamera& operator=(const FakeCamera&) = delete;

  // A frame from the sensor: into the buffer that was queued first, or lost when there is none, by which the sequence
  // number grows all the same. False when it was lost.
  bool deliver(const std::vector<uint8_t>& bytes, uint32_t flags = 0) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const uint32_t sequence = sequence_++;
    if (!streaming_ || queued_.empty()) return false;
    const uint32_t index = queued_.front();
    queued_.pop_front();
    std::memcpy(buffers_[index].data(), bytes.data(), std::min(bytes.size(), buffers_[index].size()));
    done_.push_back({index, static_cast<uint32_t>(bytes.size()), sequence, flags});
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(ready_, &one, sizeof one);
    return true;
  }

  // The number of the next frame.
  void set_sequence(uint32_t sequence) {
    const std::lock_guard<std::mutex> lock(mutex_);
    sequence_ = sequence;
  }

  void unplug() {
    const std::lock_guard<std::mutex> lock(mutex_);
    unplugged_ = true;
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(ready_, &one, sizeof one);
  }

  bool is_streaming() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return streaming_;
  }
  size_t queued() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return queued_.size();
  }
  size_t mapped() const { return mapped_.size(); }
  bool has_buffers() const { return !buffers_.empty(); }

 private:
  friend class FakeVideoDevice;

  struct Done {
    uint32_t index;
    uint32_t bytes;
    uint32_t sequence;
    uint32_t flags;
  };

  int control(unsigned long request, void* argument) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (unplugged_) return error(ENODEV);
    if (const auto failure = failures.find(request); failure != failures.end()) return error(failure->second);
    switch (request) {
      case VIDIOC_QUERYCAP:
        return query(*static_cast<v4l2_capability*>(argument));
      case VIDIOC_ENUM_FMT:
        return enumerate(*static_cast<v4l2_fmtdesc*>(argument));
      case VIDIOC_S_FMT:
        return set_format(static_cast<v4l2_format*>(argument)->fmt.pix);
      case VIDIOC_REQBUFS:
        return request_buffers(*static_cast<v4l2_requestbuffers*>(argument));
      case VIDIOC_QUERYBUF:
        return query_buffer(*static_cast<v4l2_buffer*>(argument));
      case VIDIOC_QBUF:
        return queue(*static_cast<v4l2_buffer*>(argument));
      case VIDIOC_DQBUF:
        return dequeue(*static_cast<v4l2_buffer*>(argument));
      case VIDIOC_STREAMON:
        if (buffers_.empty()) return error(EINVAL);
        streaming_ = true;
        return 0;
      case VIDIOC_STREAMOFF:
        streaming_ = false;
        queued_.clear();
        done_.clear();
        return 0;
      default:
        return error(ENOTTY);
    }
  }

  static int error(int number) {
    errno = number;
    return -1;
  }

  int query(v4l2_capability& capability) const {
    std::memcpy(capability.card, card.data(), std::min(card.size(), sizeof capability.card));
    capability.capabilities = capabilities | V4L2_CAP_DEVICE_CAPS | V4L2_CAP_META_CAPTURE;
    capability.device_caps = capabilities;
    return 0;
  }

  int enumerate(v4l2_fmtdesc& description) const {
    if (description.type != V4L2_BUF_TYPE_VIDEO_CAPTURE || description.index >= formats.size()) return error(EINVAL);
    description.pixelformat = formats[description.index];
    return 0;
  }

  int set_format(v4l2_pix_format& format) {
    if (!buffers_.empty()) return error(EBUSY);
    if (width != 0) {
      format.width = width;
      format.height = height;
    }
    if (std::find(formats.begin(), formats.end(), format.pixelformat) == formats.end()) format.pixelformat = formats[0];
    const bool mjpeg = format.pixelformat == V4L2_PIX_FMT_MJPEG;
    format.bytesperline = mjpeg ? 0 : format.width * 2 + row_padding;
    format.sizeimage = mjpeg ? format.width * format.height : format.bytesperline * format.height;
    format.quantization = quantization;
    format.colorspace = colorspace;
    size_ = format.sizeimage;
    return 0;
  }

  int request_buffers(v4l2_requestbuffers& request) {
    if (request.count == 0 && !mapped_.empty()) return error(EBUSY);
    request.count = std::min(request.count, most_buffers);
    buffers_.assign(request.count, std::vector<uint8_t>(size_));
    return 0;
  }

  int query_buffer(v4l2_buffer& buffer) const {
    if (buffer.index >= buffers_.size()) return error(EINVAL);
    buffer.length = static_cast<uint32_t>(size_);
    buffer.m.offset = buffer.index << 12;
    return 0;
  }

  int queue(const v4l2_buffer& buffer) {
    const bool there = std::find(queued_.begin(), queued_.end(), buffer.index) != queued_.end();
    if (there || buffer.index >= buffers_.size()) return error(EINVAL);
    queued_.push_back(buffer.index);
    return 0;
  }

  int dequeue(v4l2_buffer& buffer) {
    if (!streaming_) return error(EINVAL);
    if (done_.empty()) return error(EAGAIN);
    const Done& done = done_.front();
    buffer.index = done.index;
    buffer.bytesused = done.bytes;
    buffer.sequence = done.sequence;
    buffer.flags = done.flags;
    done_.pop_front();
    uint64_t one;
    [[maybe_unused]] const ssize_t count = ::read(ready_, &one, sizeof one);
    return 0;
  }

  mutable std::mutex mutex_;
  const int ready_;
  size_t size_ = 0;
  std::vector<std::vector<uint8_t>> buffers_;
  std::deque<uint32_t> queued_;
  std::deque<Done> done_;
  std::set<uint8_t*> mapped_;
  uint32_t sequence_ = 0;
  bool streaming_ = false;
  bool unplugged_ = false;
};

// The camera, opened.
class FakeVideoDevice : public frames::VideoDevice {
 public:
  explicit FakeVideoDevice(FakeCamera& camera) : camera_(camera) {}

  int control(unsigned long request, void* argument) override { return camera_.control(request, argument); }

  uint8_t* map(size_t length, int64_t offset) override {
    const auto index = static_cast<size_t>(offset >> 12);
    if (index >= camera_.buffers_.size() || length != camera_.size_ || camera_.failures.count(0) != 0) {
      errno = ENOMEM;
      return nullptr;
    }
    return *camera_.mapped_.insert(camera_.buffers_[index].data()).first;
  }

  void unmap(uint8_t* data, size_t) override { camera_.mapped_.erase(data); }

  int descriptor() const override { return camera_.ready_; }

 private:
  FakeCamera& camera_;
};

}  // namespace testing
}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_TESTS_FAKE_VIDEO_DEVICE_H_
