// Pictures as the core sees them: checked once, then read as three channels whatever their format.
#ifndef OARLOCK_SRC_IMAGE_H_
#define OARLOCK_SRC_IMAGE_H_

#include <array>
#include <cstdint>

#include "oarlock.h"

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

// Borrowed pixels. channels[c] is the place of channel c within a pixel, so that a reader sees three channels in the
// order it asked for: {2, 1, 0} for RGB read as BGR, {0, 0, 0} for grey.
struct ImageView {
  const uint8_t* data;
  Size size;
  int64_t row_stride;
  int32_t pixel_bytes;
  std::array<int32_t, 3> channels;

  const uint8_t* row(int64_t y) const { return data + y * row_stride; }
};

// Checks every field of `image` (OAR_BAD_IMAGE, or OAR_INVALID_ARGUMENT for struct_size and NULL) and shows its pixels
// with the channels in `color` order.
ImageView view_image(const oar_image& image, oar_color_order color);

// OAR_BAD_IMAGE unless both sides are 1 to kMaxSide.
void check_image_size(Size size);

// The part of `image` inside `window`, which must lie within it.
ImageView cut(const ImageView& image, const Window& window);

}  // namespace oarlock

#endif  // OARLOCK_SRC_IMAGE_H_
