// What --raw says of frames that come without a header: "yuyv:640x480".
#ifndef OARLOCK_ARM_LINUX_FRAMES_RAW_FORMAT_H_
#define OARLOCK_ARM_LINUX_FRAMES_RAW_FORMAT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "oarlock.h"

namespace oarlock {
namespace app {
namespace frames {

// Frames whose planes follow one another without gaps between rows or planes, as FFmpeg's rawvideo and V4L2 write them;
// chroma of odd sizes is rounded up.
struct RawFormat {
  oar_frame_format format = OAR_FRAME_RGB;
  int32_t width = 0;
  int32_t height = 0;
  oar_yuv_range range = OAR_YUV_NONE;
  int64_t row_stride = 0;  // bytes from a row of the first plane to the next; 0: no gap
};

struct FrameSize {
  int32_t width;
  int32_t height;
};

// Of "640x480", sides of 1 to 32768; nothing when it is no such text.
std::optional<FrameSize> parse_size(const std::string& text);

// Of "yuyv|nv21|nv12|i420|rgb|rgba:WIDTHxHEIGHT". `range` is what --yuv-range says; nothing for the format's usual one:
// full for nv21, which is what Android's cameras give, limited for yuyv, nv12 and i420, which is what USB cameras and
// video decoders give. UsageError.
RawFormat parse_raw_format(const std::string& text, std::optional<oar_yuv_range> range);

// "full" or "limited". UsageError.
oar_yuv_range parse_yuv_range(const std::string& text);
// The same words for the two.
const char* range_name(oar_yuv_range range);

// What to say aloud about a range that nobody has named: a sentence, "" for formats that have none.
std::string range_remark(const RawFormat& format);

// Bytes of a frame.
size_t frame_bytes(const RawFormat& format);

// The frame in `data`, which it borrows and which holds frame_bytes().
oar_frame view_raw(const RawFormat& format, const uint8_t* data);

}  // namespace frames
}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_FRAMES_RAW_FORMAT_H_
