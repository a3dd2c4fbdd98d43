#include "preprocess.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "frame.h"
#include "image.h"
#include "preprocess_spec.h"
#include "resize.h"
#include "status.h"

namespace oarlock {
namespace {

// (byte * scale - mean) / std for every byte, three roundings each.
std::array<float, 256> value_table(float scale, float mean, float std) {
  std::array<float, 256> table;
  for (int byte = 0; byte < 256; ++byte) {
    const float scaled = static_cast<float>(byte) * scale;
    const float centred = scaled - mean;
    table[static_cast<size_t>(byte)] = centred / std;
  }
  return table;
}

// TensorFlow's rule for the EfficientNet family.
Window centred_square(Size size, double fraction) {
  const int64_t shorter = std::min(size.width, size.height);
  const auto side = static_cast<int64_t>(std::floor(fraction * static_cast<double>(shorter)));
  if (side < 1) {
    fail(OAR_BAD_IMAGE, "image is ", size.width, " x ", size.height, " pixels, of which crop_fraction ", fraction,
         " leaves nothing; expected a shorter side of at least ", std::ceil(1 / fraction));
  }
  return {(size.width - side + 1) / 2, (size.height - side + 1) / 2, side, side};
}

Size resized(Size size, const oar_preprocess_spec& spec) {
  if (spec.resize == OAR_RESIZE_NONE) return size;
  if (spec.resize == OAR_RESIZE_EXACT) return {spec.resize_width, spec.resize_height};
  // The order of PaddleClas' operations; nearbyint rounds half to even, as Python's round does.
  const double ratio = spec.resize_short / static_cast<double>(std::min(size.width, size.height));
  return {static_cast<int64_t>(std::nearbyint(static_cast<double>(size.width) * ratio)),
          static_cast<int64_t>(std::nearbyint(static_cast<double>(size.height) * ratio))};
}

Window centre_crop(Size image, Size size, const oar_preprocess_spec& spec) {
  if (spec.crop_width == 0) return {0, 0, size.width, size.height};
  if (size.width < spec.crop_width || size.height < spec.crop_height) {
    const bool changed = size.width != image.width || size.height != image.height;
    fail(OAR_BAD_IMAGE, "image is ", image.width, " x ", image.height, " pixels",
         changed ? text(" and ", size.width, " x ", size.height, " after the resize") : "", ", expected at least the ",
         spec.crop_width, " x ", spec.crop_height, " of the centre crop");
  }
  return {(size.width - spec.crop_width) / 2, (size.height - spec.crop_height) / 2, spec.crop_width, spec.crop_height};
}

// Values that a picture of this size has: pixels times three.
size_t value_count(const Window& window) {
  return static_cast<size_t>(window.width) * static_cast<size_t>(window.height) * 3;
}

// The result is for one buffer of floats; what is too large for that is refused before anything is computed.
void check_result_size(Size image, const Window& result) {
  const int64_t max_pixels = std::numeric_limits<ptrdiff_t>::max() / static_cast<ptrdiff_t>(3 * sizeof(float));
  if (result.width > kMaxSide || result.height > kMaxSide || result.width > max_pixels / result.height) {
    fail(OAR_BAD_IMAGE, "image of ", image.width, " x ", image.height, " pixels would become ", result.width, " x ",
         result.height, ", expected sides of at most ", kMaxSide, " that fit into memory; set a centre crop");
  }
}

void check_buffer(const char* parameter, size_t found, const Window& result) {
  const size_t expected = value_count(result);
  if (found == expected) return;
  fail(OAR_INVALID_ARGUMENT, "argument '", parameter, "' is ", found, ", expected ", expected, " (", result.height,
       " rows x ", result.width, " columns x 3 channels)");
}

std::unique_ptr<ResizedRows> result_rows(const Picture& picture, const Geometry& geometry,
                                         const oar_preprocess_spec& spec) {
  // Without a resize every pixel stays where it is, which is what the nearest neighbour does at equal sizes.
  const oar_interpolation interpolation =
      spec.resize == OAR_RESIZE_NONE ? OAR_INTERPOLATION_NEAREST : spec.interpolation;
  return resize(cut(picture, geometry.square), geometry.resized, geometry.cropped, interpolation);
}

}  // namespace

Preprocessor::Preprocessor(const oar_preprocess_spec& spec) : spec_(spec) {
  check_spec(spec);
  for (size_t channel = 0; channel < 3; ++channel) {
    values_[channel] = value_table(spec.scale, spec.mean[channel], spec.std[channel]);
  }
}

Geometry Preprocessor::geometry(Size size) const {
  check_size("image", size);
  Geometry geometry;
  geometry.square =
      spec_.crop_fraction > 0 ? centred_square(size, spec_.crop_fraction) : Window{0, 0, size.width, size.height};
  geometry.resized = resized({geometry.square.width, geometry.square.height}, spec_);
  geometry.cropped = centre_crop(size, geometry.resized, spec_);
  check_result_size(size, geometry.cropped);
  return geometry;
}

void Preprocessor::crop(const Picture& picture, uint8_t* out, size_t out_bytes) const {
  const Geometry way = geometry(picture.size);
  check_buffer("out_bytes", out_bytes, way.cropped);

  const auto width = static_cast<size_t>(way.cropped.width);
  const std::unique_ptr<ResizedRows> rows = result_rows(picture, way, spec_);
  for (int64_t y = 0; y < way.cropped.height; ++y) {
    const uint8_t* const planes = rows->read(y);
    for (size_t x = 0; x < width; ++x) {
      out[0] = planes[x];
      out[1] = planes[width + x];
      out[2] = planes[2 * width + x];
      out += 3;
    }
  }
}

void Preprocessor::run(const Picture& picture, float* out, size_t out_count) const {
  const Geometry way = geometry(picture.size);
  check_buffer("out_count", out_count, way.cropped);

  const auto width = static_cast<size_t>(way.cropped.width);
  const size_t plane = value_count(way.cropped) / 3;
  const bool planar = spec_.layout == OAR_LAYOUT_NCHW;
  const size_t channel_step = planar ? plane : 1;
  const size_t pixel_step = planar ? 1 : 3;

  const std::unique_ptr<ResizedRows> rows = result_rows(picture, way, spec_);
  for (int64_t y = 0; y < way.cropped.height; ++y) {
    const uint8_t* const bytes = rows->read(y);
    float* const row = out + static_cast<size_t>(y) * width * pixel_step;
    for (size_t channel = 0; channel < 3; ++channel) {
      const std::array<float, 256>& values = values_[channel];
      float* const to = row + channel * channel_step;
      for (size_t x = 0; x < width; ++x) to[x * pixel_step] = values[bytes[channel * width + x]];
    }
  }
}

}  // namespace oarlock

using oarlock::guard;
using oarlock::required;
using oarlock::view_frame;
using oarlock::view_image;

struct oar_preprocessor : oarlock::Preprocessor {
  using oarlock::Preprocessor::Preprocessor;
};

extern "C" {

oar_status oar_preprocessor_create(const oar_preprocess_spec* spec, oar_preprocessor** out) {
  return guard([&] {
    required(out, "out");
    *out = new oar_preprocessor(required(spec, "spec"));
  });
}

void oar_preprocessor_destroy(oar_preprocessor* preprocessor) { delete preprocessor; }

oar_status oar_preprocessor_output_size(const oar_preprocessor* preprocessor, int32_t width, int32_t height,
                                        int32_t* out_width, int32_t* out_height) {
  return guard([&] {
    required(out_width, "out_width");
    required(out_height, "out_height");
    const oarlock::Window result = required(preprocessor, "preprocessor").geometry({width, height}).cropped;
    *out_width = static_cast<int32_t>(result.width);
    *out_height = static_cast<int32_t>(result.height);
  });
}

oar_status oar_preprocessor_crop(const oar_preprocessor* preprocessor, const oar_image* image, uint8_t* out,
                                 size_t out_bytes) {
  return guard([&] {
    const oarlock::Preprocessor& checked = required(preprocessor, "preprocessor");
    checked.crop(view_image(required(image, "image"), checked.color()), &required(out, "out"), out_bytes);
  });
}

oar_status oar_preprocessor_run(const oar_preprocessor* preprocessor, const oar_image* image, float* out,
                                size_t out_count) {
  return guard([&] {
    const oarlock::Preprocessor& checked = required(preprocessor, "preprocessor");
    checked.run(view_image(required(image, "image"), checked.color()), &required(out, "out"), out_count);
  });
}

oar_status oar_preprocessor_crop_frame(const oar_preprocessor* preprocessor, const oar_frame* frame, uint8_t* out,
                                       size_t out_bytes) {
  return guard([&] {
    const oarlock::Preprocessor& checked = required(preprocessor, "preprocessor");
    checked.crop(view_frame(required(frame, "frame"), checked.color()), &required(out, "out"), out_bytes);
  });
}

oar_status oar_preprocessor_run_frame(const oar_preprocessor* preprocessor, const oar_frame* frame, float* out,
                                      size_t out_count) {
  return guard([&] {
    const oarlock::Preprocessor& checked = required(preprocessor, "preprocessor");
    checked.run(view_frame(required(frame, "frame"), checked.color()), &required(out, "out"), out_count);
  });
}

}  // extern "C"
