#include "image.h"

#include <array>
#include <cstddef>
#include <limits>

#include "status.h"

namespace oarlock {
namespace {

struct Format {
  int32_t pixel_bytes;
  std::array<int32_t, 3> rgb;  // the places of red, green and blue
};

Format format_of(const oar_image& image) {
  switch (enum_value(image.format)) {
    case OAR_PIXEL_RGB:
      return {3, {0, 1, 2}};
    case OAR_PIXEL_BGR:
      return {3, {2, 1, 0}};
    case OAR_PIXEL_RGBA:
      return {4, {0, 1, 2}};
    case OAR_PIXEL_GRAY:
      return {1, {0, 0, 0}};
  }
  fail(OAR_BAD_IMAGE, "image.format is ", enum_value(image.format),
       ", expected OAR_PIXEL_RGB (0), OAR_PIXEL_BGR (1), OAR_PIXEL_RGBA (2) or OAR_PIXEL_GRAY (3)");
}

void check_strides(const oar_image& image, int32_t pixel_bytes) {
  const int64_t row_bytes = int64_t{image.width} * pixel_bytes;
  if (image.row_stride < row_bytes) {
    fail(OAR_BAD_IMAGE, "image.row_stride is ", image.row_stride, " bytes, expected at least ", row_bytes, " (width ",
         image.width, " of ", pixel_bytes, " bytes a pixel)");
  }
  // Pointer arithmetic from the first byte of the picture to its last must not overflow.
  const int64_t max_bytes = std::numeric_limits<ptrdiff_t>::max();
  if (row_bytes > max_bytes ||
      (image.height > 1 && image.row_stride > (max_bytes - row_bytes) / (int64_t{image.height} - 1))) {
    fail(OAR_BAD_IMAGE, "image of ", image.height, " rows, image.row_stride ", image.row_stride,
         " bytes, reaches beyond the address space");
  }
}

}  // namespace

Picture view_image(const oar_image& image, oar_color_order color) {
  check_struct_size(image.struct_size, sizeof image, "oar_image");
  required(image.data, "image.data");
  const Format format = format_of(image);
  const Size size{image.width, image.height};
  check_size("image", size);
  check_strides(image, format.pixel_bytes);

  Picture picture = {size, {0, 1}, {0, 1}, {}, nullptr, color};
  for (size_t channel = 0; channel < 3; ++channel) {
    const size_t place = color == OAR_COLOR_RGB ? channel : 2 - channel;
    picture.channels[place] = {image.data + format.rgb[channel], {format.pixel_bytes, 0}, {image.row_stride, 0}};
  }
  return picture;
}

}  // namespace oarlock
