#include "preprocess_spec.h"

#include <cmath>
#include <string>

#include "status.h"

namespace oarlock {
namespace {

constexpr int32_t kMaxSpecSide = 16384;  // `side` in docs/schema/bundle.schema.json

// `largest` is the last value of the enum; all of them begin at 0.
template <class Enum>
void check_enum(const char* field, const Enum& value, Enum largest) {
  const int32_t found = enum_value(value);
  if (found < 0 || found > static_cast<int32_t>(largest)) {
    fail(OAR_INVALID_ARGUMENT, "spec.", field, " is ", found, ", expected 0 to ", static_cast<int32_t>(largest));
  }
}

void check_side(const char* field, int32_t value) {
  if (value < 1 || value > kMaxSpecSide) {
    fail(OAR_INVALID_ARGUMENT, "spec.", field, " is ", value, ", expected 1 to ", kMaxSpecSide);
  }
}

void check_finite(const std::string& field, float value) {
  if (!std::isfinite(value)) fail(OAR_INVALID_ARGUMENT, "spec.", field, " is ", value, ", expected a finite number");
}

void check_geometry(const oar_preprocess_spec& spec) {
  if (!(spec.crop_fraction >= 0 && spec.crop_fraction <= 1)) {  // NaN too
    fail(OAR_INVALID_ARGUMENT, "spec.crop_fraction is ", spec.crop_fraction, ", expected 0 (none) to 1");
  }
  if (spec.resize == OAR_RESIZE_SHORT) check_side("resize_short", spec.resize_short);
  if (spec.resize == OAR_RESIZE_EXACT) {
    check_side("resize_width", spec.resize_width);
    check_side("resize_height", spec.resize_height);
  }
  if (spec.crop_width != 0 || spec.crop_height != 0) {
    check_side("crop_width", spec.crop_width);
    check_side("crop_height", spec.crop_height);
  }
}

void check_normalisation(const oar_preprocess_spec& spec) {
  check_finite("scale", spec.scale);
  for (int channel = 0; channel < 3; ++channel) {
    const float mean = spec.mean[channel];
    const float std = spec.std[channel];
    check_finite(text("mean[", channel, "]"), mean);
    check_finite(text("std[", channel, "]"), std);
    if (std == 0) fail(OAR_INVALID_ARGUMENT, "spec.std[", channel, "] is 0, expected a divisor");
    // The values are monotonic in the byte: if those of 0 and 255 are finite, all are.
    if (!std::isfinite(-mean / std) || !std::isfinite((255 * spec.scale - mean) / std)) {
      fail(OAR_INVALID_ARGUMENT, "spec.scale ", spec.scale, ", mean[", channel, "] ", mean, " and std[", channel, "] ",
           std, " turn bytes into numbers beyond float32");
    }
  }
}

}  // namespace

void check_spec(const oar_preprocess_spec& spec) {
  check_struct_size(spec.struct_size, sizeof spec, "oar_preprocess_spec");
  check_enum("color", spec.color, OAR_COLOR_BGR);
  check_enum("resize", spec.resize, OAR_RESIZE_EXACT);
  check_enum("interpolation", spec.interpolation, OAR_INTERPOLATION_NEAREST);
  check_enum("layout", spec.layout, OAR_LAYOUT_NHWC);
  check_geometry(spec);
  check_normalisation(spec);
}

}  // namespace oarlock
