// Pictures as the resize sees them: three channels on a grid of pixels, wherever their samples lie in memory. Formats,
// chroma of half the resolution, rotation and mirroring are all differences in where a sample lies; only YUV needs
// arithmetic besides.
#ifndef OARLOCK_SRC_PICTURE_H_
#define OARLOCK_SRC_PICTURE_H_

#include <array>
#include <cstdint>

#include "oarlock.h"
#include "yuv.h"

namespace oarlock {

// The longest side of a picture, before and after preprocessing.
constexpr int64_t kMaxSide = 1000000;

struct Size {
  int64_t width;
  int64_t height;
};

// A rectangle of pixels.
struct Window {
  int64_t left;
  int64_t top;
  int64_t width;
  int64_t height;
};

// How a picture runs along one axis of its channels: its pixel i is their pixel first + step * i, the step 1 or -1.
struct Axis {
  int64_t first;
  int64_t step;

  int64_t operator()(int64_t index) const { return first + step * index; }
};

// How far apart in memory the samples of a channel are along one axis. A shift of 1 is for chroma, one sample of which
// serves two pixels.
struct Spacing {
  int64_t stride;  // bytes from a sample to the next
  int32_t shift;

  int64_t offset(int64_t pixel) const { return (pixel >> shift) * stride; }
};

struct Channel {
  const uint8_t* data;
  Spacing columns;
  Spacing rows;
};

// Borrowed pixels. Every index below width and height leads to a sample inside the caller's memory; view_image and
// view_frame see to that.
struct Picture {
  Size size;
  Axis columns;
  Axis rows;
  std::array<Channel, 3> channels;  // in the order that was asked for, or Y, U, V
  const YuvToRgb* yuv;              // nullptr: the channels are colours
  oar_color_order color;            // what YUV becomes
};

// OAR_BAD_IMAGE unless both sides are 1 to kMaxSide. `what` is the picture in the message.
void check_size(const char* what, Size size);

// The part of `picture` inside `window`, which must lie within it.
Picture cut(const Picture& picture, const Window& window);

}  // namespace oarlock

#endif  // OARLOCK_SRC_PICTURE_H_
