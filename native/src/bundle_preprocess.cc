#include "bundle_preprocess.h"

#include "preprocess_spec.h"

namespace oarlock {
namespace {

constexpr int64_t kLargestSide = 16384;

int32_t read_side(const JsonField& field) { return static_cast<int32_t>(field.integer(1, kLargestSide)); }

void read_resize(const JsonField& resize, oar_preprocess_spec& spec) {
  spec.resize = OAR_RESIZE_NONE;
  if (resize.is_null()) return;
  resize.entries();
  if (resize.has("short")) {
    resize.object({"short", "interpolation"});
    spec.resize = OAR_RESIZE_SHORT;
    spec.resize_short = read_side(resize["short"]);
  } else {
    resize.object({"width", "height", "interpolation"});
    spec.resize = OAR_RESIZE_EXACT;
    spec.resize_width = read_side(resize["width"]);
    spec.resize_height = read_side(resize["height"]);
  }
  constexpr oar_interpolation kInterpolations[] = {OAR_INTERPOLATION_BILINEAR, OAR_INTERPOLATION_BICUBIC,
                                                   OAR_INTERPOLATION_NEAREST};
  spec.interpolation = kInterpolations[resize["interpolation"].one_of({"bilinear", "bicubic", "nearest"})];
}

void read_channels(const JsonField& field, float (&channels)[3]) {
  size_t i = 0;
  for (const JsonField& channel : field.items(3, 3)) channels[i++] = static_cast<float>(channel.number());
}

}  // namespace

oar_preprocess_spec read_bundle_preprocess(const JsonField& preprocess) {
  preprocess.object(
      {"color", "exif_orientation", "crop_fraction", "resize", "center_crop", "scale", "mean", "std", "layout"});
  oar_preprocess_spec spec = {};
  spec.struct_size = sizeof spec;
  spec.color = preprocess["color"].one_of({"RGB", "BGR"}) == 0 ? OAR_COLOR_RGB : OAR_COLOR_BGR;
  preprocess["exif_orientation"].boolean();
  const JsonField fraction = preprocess["crop_fraction"];
  if (!fraction.is_null()) {
    spec.crop_fraction = fraction.number();
    if (!(spec.crop_fraction > 0 && spec.crop_fraction <= 1)) {
      fraction.bad("is ", spec.crop_fraction, ", expected a number above 0 and at most 1, or null");
    }
  }
  read_resize(preprocess["resize"], spec);
  const JsonField crop = preprocess["center_crop"];
  if (!crop.is_null()) {
    crop.object({"width", "height"});
    spec.crop_width = read_side(crop["width"]);
    spec.crop_height = read_side(crop["height"]);
  }
  spec.scale = static_cast<float>(preprocess["scale"].number());
  read_channels(preprocess["mean"], spec.mean);
  read_channels(preprocess["std"], spec.std);
  spec.layout = preprocess["layout"].one_of({"NCHW", "NHWC"}) == 0 ? OAR_LAYOUT_NCHW : OAR_LAYOUT_NHWC;
  try {
    check_spec(spec);
  } catch (const Error& error) {
    preprocess.bad("cannot be used: ", error.what());
  }
  return spec;
}

}  // namespace oarlock
