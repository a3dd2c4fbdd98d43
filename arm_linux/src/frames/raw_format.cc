#include "frames/raw_format.h"

#include <array>
#include <cstdlib>

#include "frames/failing.h"

namespace oarlock {
namespace app {
namespace frames {
namespace {

constexpr int32_t kLargestSide = 32768;

// Rows and columns of pixels that an element of a plane serves, and its bytes.
struct PlaneRule {
  int32_t bytes;
  int32_t columns;
  int32_t rows;
};

struct FormatRule {
  const char* name;
  oar_frame_format format;
  oar_yuv_range usual_range;
  size_t planes;
  std::array<PlaneRule, 3> plane;
};

constexpr FormatRule kFormats[] = {
    {"yuyv", OAR_FRAME_YUYV, OAR_YUV_LIMITED, 1, {{{4, 2, 1}, {}, {}}}},
    {"nv21", OAR_FRAME_NV21, OAR_YUV_FULL, 2, {{{1, 1, 1}, {2, 2, 2}, {}}}},
    {"nv12", OAR_FRAME_NV12, OAR_YUV_LIMITED, 2, {{{1, 1, 1}, {2, 2, 2}, {}}}},
    {"i420", OAR_FRAME_I420, OAR_YUV_LIMITED, 3, {{{1, 1, 1}, {1, 2, 2}, {1, 2, 2}}}},
    {"rgb", OAR_FRAME_RGB, OAR_YUV_NONE, 1, {{{3, 1, 1}, {}, {}}}},
    {"rgba", OAR_FRAME_RGBA, OAR_YUV_NONE, 1, {{{4, 1, 1}, {}, {}}}},
};

const FormatRule& rule_of(oar_frame_format format) {
  for (const FormatRule& rule : kFormats) {
    if (rule.format == format) return rule;
  }
  fail("OAR-INTERNAL", "frame format ", enum_value(format), " is none of --raw");
}

[[noreturn]] void refuse(const std::string& text) {
  std::string names;
  for (const FormatRule& rule : kFormats) names += (names.empty() ? "" : "|") + std::string(rule.name);
  refuse_usage("--raw is '", text, "', expected ", names, ":WIDTHxHEIGHT with sides of 1 to ", kLargestSide,
               " pixels, such as yuyv:640x480");
}

// A side at `*begin`, which is moved behind it; 0 when there is none.
int32_t parse_side(const char** begin) {
  if (**begin < '0' || **begin > '9') return 0;
  char* end = nullptr;
  const long side = std::strtol(*begin, &end, 10);
  *begin = end;
  return side >= 1 && side <= kLargestSide ? static_cast<int32_t>(side) : 0;
}

int64_t rounded_up(int64_t pixels, int32_t each) { return (pixels + each - 1) / each; }

int64_t row_stride(const RawFormat& format, const FormatRule& rule, size_t plane) {
  const PlaneRule& it = rule.plane[plane];
  if (format.row_stride == 0) return rounded_up(format.width, it.columns) * it.bytes;
  const PlaneRule& first = rule.plane[0];
  return format.row_stride * it.bytes * first.columns / (it.columns * first.bytes);
}

size_t plane_bytes(const RawFormat& format, const FormatRule& rule, size_t plane) {
  return static_cast<size_t>(row_stride(format, rule, plane) * rounded_up(format.height, rule.plane[plane].rows));
}

}  // namespace

std::optional<FrameSize> parse_size(const std::string& text) {
  const char* rest = text.c_str();
  const int32_t width = parse_side(&rest);
  if (width == 0 || *rest++ != 'x') return std::nullopt;
  const int32_t height = parse_side(&rest);
  if (height == 0 || *rest != '\0') return std::nullopt;
  return FrameSize{width, height};
}

RawFormat parse_raw_format(const std::string& text, std::optional<oar_yuv_range> range) {
  const size_t colon = text.find(':');
  if (colon == std::string::npos) refuse(text);
  for (const FormatRule& rule : kFormats) {
    if (text.compare(0, colon, rule.name) != 0) continue;
    RawFormat format;
    format.format = rule.format;
    const std::optional<FrameSize> size = parse_size(text.substr(colon + 1));
    if (!size) refuse(text);
    format.width = size->width;
    format.height = size->height;
    if (range && rule.usual_range == OAR_YUV_NONE) {
      refuse_usage("--yuv-range is for frames of YUV, and --raw is '", text, "': leave it out");
    }
    format.range = range.value_or(rule.usual_range);
    return format;
  }
  refuse(text);
}

oar_yuv_range parse_yuv_range(const std::string& text) {
  if (text == "full") return OAR_YUV_FULL;
  if (text == "limited") return OAR_YUV_LIMITED;
  refuse_usage(
      "--yuv-range is '", text,
      "', expected full (luma 0 to 255: JPEG, phone cameras) or limited (luma 16 to 235: video, most USB cameras)");
}

const char* range_name(oar_yuv_range range) {
  if (range == OAR_YUV_NONE) return "none";
  return range == OAR_YUV_FULL ? "full" : "limited";
}

std::string range_remark(const RawFormat& format) {
  if (format.range == OAR_YUV_NONE) return "";
  const bool full = format.range == OAR_YUV_FULL;
  return text(rule_of(format.format).name, " is taken as ", range_name(format.range), "-range YUV (luma ",
              full ? "0 to 255" : "16 to 235",
              "), as is usual; where colours look washed out or too strong, it is --yuv-range ",
              full ? "limited" : "full", ".");
}

size_t frame_bytes(const RawFormat& format) {
  const FormatRule& rule = rule_of(format.format);
  size_t bytes = 0;
  for (size_t plane = 0; plane < rule.planes; ++plane) bytes += plane_bytes(format, rule, plane);
  return bytes;
}

oar_frame view_raw(const RawFormat& format, const uint8_t* data) {
  const FormatRule& rule = rule_of(format.format);
  oar_frame frame = {};
  frame.struct_size = sizeof frame;
  frame.format = format.format;
  frame.width = format.width;
  frame.height = format.height;
  frame.range = format.range;
  for (size_t plane = 0; plane < rule.planes; ++plane) {
    const size_t bytes = plane_bytes(format, rule, plane);
    frame.planes[plane] = {data, bytes, row_stride(format, rule, plane), rule.plane[plane].bytes};
    data += bytes;
  }
  return frame;
}

}  // namespace frames
}  // namespace app
}  // namespace oarlock
