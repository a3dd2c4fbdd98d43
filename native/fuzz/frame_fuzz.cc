// Frames whose every field is the fuzzer's: refused, or read inside their planes only and converted as tests/frames.h
// converts them. make_seeds.py writes the same fields in the same order.
#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "check.h"
#include "frames.h"
#include "oarlock.h"
#include "pictures.h"

namespace {

using oarlock_fuzz::require;
using oarlock_fuzz::succeeded;

constexpr size_t kLargestPlane = 1 << 14;

// Numbers and bytes from the front of the input; zeros after its end.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : data_(data), size_(size) {}

  template <class T>
  T take() {
    T value = {};
    const size_t count = std::min(sizeof value, size_);
    std::memcpy(&value, data_, count);
    data_ += count;
    size_ -= count;
    return value;
  }

  // What is left, as often as it takes to fill `count` bytes; zeros when nothing is.
  void fill(uint8_t* out, size_t count) const {
    for (size_t i = 0; size_ != 0 && i < count; i += size_) std::memcpy(out + i, data_, std::min(size_, count - i));
  }

 private:
  const uint8_t* data_;
  size_t size_;
};

template <class Enum>
void set_enum(Enum& field, int32_t value) {
  std::memcpy(&field, &value, sizeof value);
}

// A specification that the core takes, of small results.
oar_preprocess_spec take_spec(Input& input) {
  oar_preprocess_spec spec = oarlock_test::plain_spec();
  set_enum(spec.color, input.take<uint8_t>() % 2);
  spec.crop_fraction = input.take<uint8_t>() / 255.0;
  set_enum(spec.resize, input.take<uint8_t>() % 3);
  set_enum(spec.interpolation, input.take<uint8_t>() % 3);
  spec.resize_short = input.take<uint8_t>() % 40 + 1;
  spec.resize_width = input.take<uint8_t>() % 40 + 1;
  spec.resize_height = input.take<uint8_t>() % 40 + 1;
  spec.crop_width = input.take<uint8_t>() % 40;
  spec.crop_height = spec.crop_width == 0 ? 0 : input.take<uint8_t>() % 40 + 1;
  set_enum(spec.layout, input.take<uint8_t>() % 2);
  return spec;
}

struct Frame {
  oar_frame core = {};
  std::unique_ptr<uint8_t[]> memory[3];
};

Frame take_frame(Input& input) {
  Frame frame;
  oar_frame& core = frame.core;
  core.struct_size = sizeof core;
  set_enum(core.format, input.take<int8_t>());
  core.width = input.take<int32_t>();
  core.height = input.take<int32_t>();
  core.rotation = input.take<int16_t>();
  core.mirror = input.take<int8_t>();
  set_enum(core.range, input.take<int8_t>());
  for (oar_plane& plane : core.planes) {
    plane.size = std::min<size_t>(input.take<uint32_t>(), kLargestPlane);
    plane.row_stride = input.take<int64_t>();
    plane.pixel_stride = input.take<int32_t>();
  }
  for (size_t i = 0; i < 3; ++i) {
    oar_plane& plane = core.planes[i];
    frame.memory[i] = std::make_unique<uint8_t[]>(plane.size);
    input.fill(frame.memory[i].get(), plane.size);
    plane.data = frame.memory[i].get();
  }
  return frame;
}

// What the specification makes of the frame's picture.
std::vector<uint8_t> expected_crop(const oar_preprocessor* preprocessor, const oar_frame& frame, size_t size) {
  const std::vector<uint8_t> rgb = oarlock_test::upright_rgb(frame);
  const oar_image image =
      oarlock_test::rgb_image(rgb, oarlock_test::upright_width(frame), oarlock_test::upright_height(frame));
  std::vector<uint8_t> out(size);
  require(oar_preprocessor_crop(preprocessor, &image, out.data(), size) == OAR_OK, "the picture was refused");
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  const oar_preprocess_spec spec = take_spec(input);
  const Frame frame = take_frame(input);
  const auto preprocessor = oarlock_test::make_preprocessor(spec);
  require(preprocessor != nullptr, "the specification was refused");

  // What is no frame must not become one by being turned; sizes are asked for as a caller would.
  const bool turned = frame.core.rotation == 90 || frame.core.rotation == 270;
  int32_t width = 1;
  int32_t height = 1;
  const oar_status sized =
      oar_preprocessor_output_size(preprocessor.get(), turned ? frame.core.height : frame.core.width,
                                   turned ? frame.core.width : frame.core.height, &width, &height);
  const int64_t count = succeeded(sized, {OAR_BAD_IMAGE}) ? int64_t{width} * height * 3 : 3;
  if (count > int64_t{3} << 20) return 0;  // a resize to proportions that only cost time

  std::vector<uint8_t> out(static_cast<size_t>(count));
  const oar_status status = oar_preprocessor_crop_frame(preprocessor.get(), &frame.core, out.data(), out.size());
  if (!succeeded(status, {OAR_BAD_IMAGE, OAR_INVALID_ARGUMENT})) return 0;
  require(sized == OAR_OK, "a frame was taken whose size is none");
  require(out == expected_crop(preprocessor.get(), frame.core, out.size()), "the frame is not the picture it shows");

  std::vector<float> tensor(out.size());
  require(oar_preprocessor_run_frame(preprocessor.get(), &frame.core, tensor.data(), tensor.size()) == OAR_OK,
          "the crop was given and the tensor refused");
  return 0;
}
