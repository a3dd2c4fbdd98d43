#include "frame.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <limits>
#include <string>
#include <utility>

#include "status.h"

namespace oarlock {
namespace {

// A plane holds elements in rows. An element serves one pixel, or two side by side; a row of elements one row of
// pixels, or two.
struct PlaneRule {
  const char* name;
  int32_t bytes;             // of an element
  int32_t max_pixel_stride;  // at least `bytes`
  int32_t column_shift;
  int32_t row_shift;
};

// Where a channel is in the elements of a plane.
struct ChannelRule {
  size_t plane;
  int32_t offset;   // bytes from the start of an element to its first sample
  int32_t samples;  // of this channel in an element
};

struct Layout {
  const char* name;
  bool yuv;
  size_t plane_count;
  std::array<PlaneRule, 3> planes;
  std::array<ChannelRule, 3> channels;  // Y, U, V or red, green, blue
};

constexpr PlaneRule kNone = {};
constexpr PlaneRule kY = {"Y", 1, 1, 0, 0};
constexpr PlaneRule kVu = {"VU", 2, 2, 1, 1};
constexpr PlaneRule kUv = {"UV", 2, 2, 1, 1};
constexpr PlaneRule kU = {"U", 1, 1, 1, 1};
constexpr PlaneRule kV = {"V", 1, 1, 1, 1};
constexpr PlaneRule kStridedU = {"U", 1, 2, 1, 1};
constexpr PlaneRule kStridedV = {"V", 1, 2, 1, 1};
constexpr PlaneRule kYuyv = {"YUYV", 4, 4, 1, 0};
constexpr PlaneRule kRgb = {"RGB", 3, 3, 0, 0};
constexpr PlaneRule kBgr = {"BGR", 3, 3, 0, 0};
constexpr PlaneRule kRgba = {"RGBA", 4, 4, 0, 0};

// By oar_frame_format.
constexpr Layout kLayouts[] = {
    {"OAR_FRAME_NV21", true, 2, {{kY, kVu, kNone}}, {{{0, 0, 1}, {1, 1, 1}, {1, 0, 1}}}},
    {"OAR_FRAME_NV12", true, 2, {{kY, kUv, kNone}}, {{{0, 0, 1}, {1, 0, 1}, {1, 1, 1}}}},
    {"OAR_FRAME_I420", true, 3, {{kY, kU, kV}}, {{{0, 0, 1}, {1, 0, 1}, {2, 0, 1}}}},
    {"OAR_FRAME_YUV_420_888", true, 3, {{kY, kStridedU, kStridedV}}, {{{0, 0, 1}, {1, 0, 1}, {2, 0, 1}}}},
    {"OAR_FRAME_YUYV", true, 1, {{kYuyv, kNone, kNone}}, {{{0, 0, 2}, {0, 1, 1}, {0, 3, 1}}}},
    {"OAR_FRAME_RGB", false, 1, {{kRgb, kNone, kNone}}, {{{0, 0, 1}, {0, 1, 1}, {0, 2, 1}}}},
    {"OAR_FRAME_BGR", false, 1, {{kBgr, kNone, kNone}}, {{{0, 2, 1}, {0, 1, 1}, {0, 0, 1}}}},
    {"OAR_FRAME_RGBA", false, 1, {{kRgba, kNone, kNone}}, {{{0, 0, 1}, {0, 1, 1}, {0, 2, 1}}}},
};

const Layout& layout_of(const oar_frame& frame) {
  const int32_t format = enum_value(frame.format);
  const auto count = static_cast<int32_t>(std::size(kLayouts));
  if (format >= 0 && format < count) return kLayouts[format];
  std::string known;
  for (int32_t i = 0; i < count; ++i) known += text(i == 0 ? "" : ", ", kLayouts[i].name, " (", i, ")");
  fail(OAR_BAD_IMAGE, "frame.format is ", format, ", expected one of ", known);
}

// Elements along an axis, the last of which may serve fewer pixels than the others.
int64_t elements(int64_t pixels, int32_t shift) { return ((pixels - 1) >> shift) + 1; }

constexpr const char* kPlaneData[] = {"frame.planes[0].data", "frame.planes[1].data", "frame.planes[2].data"};

void check_plane(const oar_frame& frame, size_t index, const PlaneRule& rule) {
  const oar_plane& plane = frame.planes[index];
  required(plane.data, kPlaneData[index]);
  const auto bad = [&](const auto&... parts) {
    fail(OAR_BAD_IMAGE, "frame.planes[", index, "] (", rule.name, ")", parts...);
  };
  if (plane.pixel_stride < rule.bytes || plane.pixel_stride > rule.max_pixel_stride) {
    bad(".pixel_stride is ", plane.pixel_stride, ", expected ", rule.bytes,
        rule.max_pixel_stride == rule.bytes ? "" : text(" to ", rule.max_pixel_stride));
  }
  const int64_t columns = elements(frame.width, rule.column_shift);
  const int64_t rows = elements(frame.height, rule.row_shift);
  const int64_t row_bytes = (columns - 1) * plane.pixel_stride + rule.bytes;
  if (plane.row_stride < row_bytes) {
    bad(".row_stride is ", plane.row_stride, " bytes, expected at least ", row_bytes, " for a width of ", frame.width,
        " pixels");
  }
  const size_t addressable = std::numeric_limits<ptrdiff_t>::max();
  const auto size = static_cast<int64_t>(std::min(plane.size, addressable));
  if (size < row_bytes || (rows > 1 && plane.row_stride > (size - row_bytes) / (rows - 1))) {
    bad(".size is ", plane.size, " bytes, expected at least ", rows - 1, " * ", plane.row_stride, " + ", row_bytes,
        " (", rows, " rows, of which the last may end with its last sample)");
  }
}

const YuvToRgb* conversion_of(const oar_frame& frame, const Layout& layout) {
  if (!layout.yuv) return nullptr;
  const int32_t range = enum_value(frame.range);
  if (range == OAR_YUV_FULL) return &kFullRange;
  if (range == OAR_YUV_LIMITED) return &kLimitedRange;
  fail(OAR_INVALID_ARGUMENT, "frame.range is ", range,
       ", expected OAR_YUV_FULL (1) or OAR_YUV_LIMITED (2): say which of the two the camera delivers");
}

void check_orientation(const oar_frame& frame) {
  if (frame.rotation != 0 && frame.rotation != 90 && frame.rotation != 180 && frame.rotation != 270) {
    fail(OAR_INVALID_ARGUMENT, "frame.rotation is ", frame.rotation, ", expected 0, 90, 180 or 270 degrees");
  }
  if (frame.mirror != 0 && frame.mirror != 1) {
    fail(OAR_INVALID_ARGUMENT, "frame.mirror is ", frame.mirror, ", expected 0 or 1");
  }
}

Channel channel_of(const oar_frame& frame, const Layout& layout, const ChannelRule& rule) {
  const oar_plane& plane = frame.planes[rule.plane];
  const PlaneRule& of_plane = layout.planes[rule.plane];
  const int32_t column_shift = rule.samples == 1 ? of_plane.column_shift : 0;
  return {plane.data + rule.offset,
          {plane.pixel_stride / rule.samples, column_shift},
          {plane.row_stride, of_plane.row_shift}};
}

// An axis of the upright picture over `pixels` of the frame, from the first to the last or back.
Axis axis(int64_t pixels, bool backwards) { return backwards ? Axis{pixels - 1, -1} : Axis{0, 1}; }

}  // namespace

Picture view_frame(const oar_frame& frame, oar_color_order color) {
  check_struct_size(frame.struct_size, sizeof frame, "oar_frame");
  const Layout& layout = layout_of(frame);
  check_size("frame", {frame.width, frame.height});
  for (size_t i = 0; i < layout.plane_count; ++i) check_plane(frame, i, layout.planes[i]);
  check_orientation(frame);

  Picture picture;
  picture.yuv = conversion_of(frame, layout);
  picture.color = color;
  for (size_t i = 0; i < 3; ++i) picture.channels[i] = channel_of(frame, layout, layout.channels[i]);
  if (!layout.yuv && color == OAR_COLOR_BGR) std::swap(picture.channels[0], picture.channels[2]);

  // Turned clockwise by 90 degrees, the frame's last row becomes the first column: columns run backwards.
  const bool turned = frame.rotation == 90 || frame.rotation == 270;
  const bool columns_backwards = (frame.rotation == 90 || frame.rotation == 180) != (frame.mirror == 1);
  const bool rows_backwards = frame.rotation == 180 || frame.rotation == 270;
  picture.size = turned ? Size{frame.height, frame.width} : Size{frame.width, frame.height};
  picture.columns = axis(picture.size.width, columns_backwards);
  picture.rows = axis(picture.size.height, rows_backwards);
  if (turned) {
    for (Channel& channel : picture.channels) std::swap(channel.columns, channel.rows);
  }
  return picture;
}

}  // namespace oarlock
