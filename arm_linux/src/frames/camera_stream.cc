#include "frames/camera_stream.h"

#include <linux/videodev2.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "frames/failing.h"

namespace oarlock {
namespace app {
namespace frames {
namespace {

constexpr uint32_t kBufferCount = 4;
constexpr uint32_t kFewestBuffers = 2;
constexpr uint32_t kType = V4L2_BUF_TYPE_VIDEO_CAPTURE;
constexpr int32_t kLargestSide = 32768;

[[noreturn]] void refuse(const std::string& text) {
  refuse_usage("--camera is '", text,
               "', expected DEVICE[,yuyv|mjpeg[:WIDTHxHEIGHT]], such as /dev/video0 or /dev/video0,mjpeg:1280x720");
}

v4l2_buffer description_of(uint32_t index) {
  v4l2_buffer buffer = {};
  buffer.type = kType;
  buffer.memory = V4L2_MEMORY_MMAP;
  buffer.index = index;
  return buffer;
}

// The range of a YUV format by what the driver says of it; V4L2's own defaults where it says "default": full for JPEG's
// colour space, limited for the others.
bool is_full_range(const v4l2_pix_format& format) {
  if (format.quantization == V4L2_QUANTIZATION_DEFAULT) return format.colorspace == V4L2_COLORSPACE_JPEG;
  return format.quantization == V4L2_QUANTIZATION_FULL_RANGE;
}

std::string name_of(uint32_t pixel_format) {
  std::string name;
  for (int shift = 0; shift < 32; shift += 8) name += static_cast<char>((pixel_format >> shift) & 0x7F);
  return name;
}

}  // namespace

CameraWish parse_camera(const std::string& text) {
  CameraWish wish;
  const size_t comma = text.rfind(',');
  wish.path = text.substr(0, comma);
  if (wish.path.empty()) refuse(text);
  if (comma == std::string::npos) return wish;
  const std::string mode = text.substr(comma + 1);
  const size_t colon = mode.find(':');
  const std::string format = mode.substr(0, colon);
  if (format != "yuyv" && format != "mjpeg") refuse(text);
  wish.format = format == "yuyv" ? CameraFormat::kYuyv : CameraFormat::kMjpeg;
  if (colon == std::string::npos) return wish;
  const std::optional<FrameSize> size = parse_size(mode.substr(colon + 1));
  if (!size) refuse(text);
  wish.width = size->width;
  wish.height = size->height;
  return wish;
}

CameraStream::CameraStream(std::unique_ptr<VideoDevice> device, const CameraWish& wish)
    : device_(std::move(device)), wish_(wish) {
  check_capabilities();
  choose_format();
  try {
    map_buffers();
    for (uint32_t i = 0; i < buffers_.size(); ++i) queue(i);
    auto type = static_cast<int>(kType);
    if (device_->control(VIDIOC_STREAMON, &type) < 0) fail_device("it does not start");
  } catch (...) {
    stop();
    throw;
  }
}

CameraStream::~CameraStream() { stop(); }

bool CameraStream::receive(Frame* frame) {
  v4l2_buffer buffer = description_of(0);
  if (device_->control(VIDIOC_DQBUF, &buffer) < 0) {
    if (errno == EAGAIN) return false;
    if (errno == ENODEV) fail("OAR-IO", wish_.path, ": the camera has gone; was it unplugged?");
    fail_device("no frame can be received");
  }
  if (buffer.index >= buffers_.size()) fail("OAR-IO", wish_.path, ": the driver gave a buffer that it does not have");
  const Buffer& mapped = buffers_[buffer.index];
  *frame = {buffer.index, mapped.data, buffer.bytesused, buffer.sequence, (buffer.flags & V4L2_BUF_FLAG_ERROR) != 0};
  const bool too_short = mode_.mjpeg ? frame->size == 0 : frame->size < frame_bytes(mode_.raw);
  if (too_short || frame->size > mapped.length) frame->damaged = true;
  return true;
}

void CameraStream::give_back(const Frame& frame) { queue(frame.index); }

void CameraStream::check_capabilities() {
  v4l2_capability capability = {};
  if (device_->control(VIDIOC_QUERYCAP, &capability) < 0) {
    if (errno == ENOTTY || errno == EINVAL) fail("OAR-IO", wish_.path, ": is no video device (V4L2)");
    fail_device("it does not say what it is");
  }
  const auto* card = reinterpret_cast<const char*>(capability.card);
  mode_.card.assign(card, ::strnlen(card, sizeof capability.card));
  const bool told = (capability.capabilities & V4L2_CAP_DEVICE_CAPS) != 0;
  const uint32_t can = told ? capability.device_caps : capability.capabilities;
  if ((can & V4L2_CAP_VIDEO_CAPTURE) == 0) {
    fail("OAR-IO", wish_.path, ": ", mode_.card,
         (can & V4L2_CAP_VIDEO_CAPTURE_MPLANE) != 0
             ? " gives frames in several planes, which --camera does not take: give its frames to --raw by another "
               "program"
             : " captures no video; a camera often has several /dev/video*, of which the first captures");
  }
  if ((can & V4L2_CAP_STREAMING) == 0) fail("OAR-IO", wish_.path, ": ", mode_.card, " cannot stream");
}

bool CameraStream::offers(uint32_t pixel_format) {
  for (uint32_t index = 0;; ++index) {
    v4l2_fmtdesc description = {};
    description.index = index;
    description.type = kType;
    if (device_->control(VIDIOC_ENUM_FMT, &description) < 0) return false;
    if (description.pixelformat == pixel_format) return true;
  }
}

void CameraStream::choose_format() {
  const bool yuyv = wish_.format != CameraFormat::kMjpeg && offers(V4L2_PIX_FMT_YUYV);
  const bool mjpeg = wish_.format != CameraFormat::kYuyv && offers(V4L2_PIX_FMT_MJPEG);
  if (!yuyv && !mjpeg) {
    std::string offered;
    v4l2_fmtdesc description = {};
    description.type = kType;
    for (; device_->control(VIDIOC_ENUM_FMT, &description) >= 0; ++description.index) {
      offered += (offered.empty() ? "" : ", ") + name_of(description.pixelformat);
    }
    const char* wanted = wish_.format == CameraFormat::kAny    ? "YUYV or MJPEG"
                         : wish_.format == CameraFormat::kYuyv ? "YUYV"
                                                               : "MJPEG";
    fail("OAR-IO", wish_.path, ": ", mode_.card, " offers ", offered.empty() ? "no format" : offered, ", expected ",
         wanted);
  }
  v4l2_format format = {};
  format.type = kType;
  format.fmt.pix.width = static_cast<uint32_t>(wish_.width);
  format.fmt.pix.height = static_cast<uint32_t>(wish_.height);
  format.fmt.pix.pixelformat = yuyv ? V4L2_PIX_FMT_YUYV : V4L2_PIX_FMT_MJPEG;
  format.fmt.pix.field = V4L2_FIELD_ANY;
  const uint32_t asked = format.fmt.pix.pixelformat;
  if (device_->control(VIDIOC_S_FMT, &format) < 0) fail_device("its format cannot be set");
  if (format.fmt.pix.pixelformat != asked) {
    fail("OAR-IO", wish_.path, ": ", mode_.card, " gives ", name_of(format.fmt.pix.pixelformat),
         ", although it offers ", name_of(asked));
  }
  read_mode(format.fmt.pix);
}

void CameraStream::read_mode(const v4l2_pix_format& format) {
  if (format.width < 1 || format.width > kLargestSide || format.height < 1 || format.height > kLargestSide) {
    fail("OAR-IO", wish_.path, ": gives frames of ", format.width, " x ", format.height, " pixels, expected 1 to ",
         kLargestSide);
  }
  mode_.mjpeg = format.pixelformat == V4L2_PIX_FMT_MJPEG;
  mode_.raw.format = OAR_FRAME_YUYV;
  mode_.raw.width = static_cast<int32_t>(format.width);
  mode_.raw.height = static_cast<int32_t>(format.height);
  mode_.raw.range = is_full_range(format) ? OAR_YUV_FULL : OAR_YUV_LIMITED;
  mode_.range_told = format.quantization != V4L2_QUANTIZATION_DEFAULT;
  if (!mode_.mjpeg && format.bytesperline > 0) mode_.raw.row_stride = format.bytesperline;
  const int64_t row = (int64_t{mode_.raw.width} + 1) / 2 * 4;
  if (mode_.raw.row_stride != 0 && mode_.raw.row_stride < row) {
    fail("OAR-IO", wish_.path, ": gives rows of ", mode_.raw.row_stride, " bytes, expected at least ", row);
  }
}

void CameraStream::map_buffers() {
  v4l2_requestbuffers request = {};
  request.count = kBufferCount;
  request.type = kType;
  request.memory = V4L2_MEMORY_MMAP;
  if (device_->control(VIDIOC_REQBUFS, &request) < 0) fail_device("it gives no buffers");
  if (request.count < kFewestBuffers) {
    fail("OAR-IO", wish_.path, ": gives ", request.count, " buffers, expected at least ", kFewestBuffers);
  }
  for (uint32_t index = 0; index < request.count; ++index) {
    v4l2_buffer buffer = description_of(index);
    if (device_->control(VIDIOC_QUERYBUF, &buffer) < 0) fail_device("it does not say where a buffer is");
    uint8_t* data = device_->map(buffer.length, buffer.m.offset);
    if (data == nullptr) fail_device("a buffer cannot be mapped");
    buffers_.push_back({data, buffer.length});
    mode_.largest = std::max<size_t>(mode_.largest, buffer.length);
  }
  if (!mode_.mjpeg && mode_.largest < frame_bytes(mode_.raw)) {
    fail("OAR-IO", wish_.path, ": its buffers have ", mode_.largest, " bytes, expected ", frame_bytes(mode_.raw),
         " for a frame");
  }
}

void CameraStream::queue(uint32_t index) {
  v4l2_buffer buffer = description_of(index);
  if (device_->control(VIDIOC_QBUF, &buffer) < 0) {
    if (errno == ENODEV) fail("OAR-IO", wish_.path, ": the camera has gone; was it unplugged?");
    fail_device("a buffer cannot be given back");
  }
}

void CameraStream::stop() noexcept {
  auto type = static_cast<int>(kType);
  device_->control(VIDIOC_STREAMOFF, &type);
  for (const Buffer& buffer : buffers_) device_->unmap(buffer.data, buffer.length);
  buffers_.clear();
  v4l2_requestbuffers none = {};
  none.type = kType;
  none.memory = V4L2_MEMORY_MMAP;
  device_->control(VIDIOC_REQBUFS, &none);
}

void CameraStream::fail_device(const char* what) {
  const int error = errno;
  if (error == EBUSY) fail("OAR-IO", wish_.path, ": another program uses it; end that one first");
  fail("OAR-IO", wish_.path, ": ", what, ": ", std::strerror(error));
}

}  // namespace frames
}  // namespace app
}  // namespace oarlock
