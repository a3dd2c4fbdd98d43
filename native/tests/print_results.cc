// Writes what preprocessing, softmax and top-k give for pictures, frames and scores made up here, so that builds for
// different processors can be compared bit by bit: tests/arm_linux/test_same_bits.py. To stdout, for each result a line
// "NAME TYPE COUNT" with a numpy type, then COUNT values as they lie in memory.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <string>
#include <vector>

#include "oarlock.h"

namespace {

// The same numbers everywhere: Knuth's MMIX generator, whose upper bits are the good ones.
class Numbers {
 public:
  explicit Numbers(uint64_t seed) : state_(seed) {}
  uint32_t next() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>(state_ >> 32);
  }
  std::vector<uint8_t> bytes(size_t count) {
    std::vector<uint8_t> result(count);
    for (uint8_t& it : result) it = static_cast<uint8_t>(next() >> 24);
    return result;
  }

 private:
  uint64_t state_;
};

void check(oar_status status) {
  if (status == OAR_OK) return;
  std::fprintf(stderr, "print_results: %s\n", oar_last_error());
  std::exit(1);
}

template <typename T>
void write(const std::string& name, const char* type, const std::vector<T>& values) {
  std::printf("%s %s %zu\n", name.c_str(), type, values.size());
  std::fwrite(values.data(), sizeof(T), values.size(), stdout);
}

struct Way {
  const char* name;
  oar_preprocess_spec spec;
};

constexpr float kMean[3] = {0.485f, 0.456f, 0.406f};
constexpr float kStd[3] = {0.229f, 0.224f, 0.225f};

oar_preprocess_spec imagenet(oar_interpolation interpolation) {
  oar_preprocess_spec spec = {};
  spec.struct_size = sizeof spec;
  spec.color = OAR_COLOR_RGB;
  spec.resize = OAR_RESIZE_SHORT;
  spec.resize_short = 256;
  spec.interpolation = interpolation;
  spec.crop_width = spec.crop_height = 224;
  spec.scale = 1.0f / 255.0f;
  for (int c = 0; c < 3; ++c) {
    spec.mean[c] = kMean[c];
    spec.std[c] = kStd[c];
  }
  spec.layout = OAR_LAYOUT_NCHW;
  return spec;
}

std::vector<Way> ways() {
  Way efficientnet = {"efficientnet", imagenet(OAR_INTERPOLATION_BICUBIC)};
  efficientnet.spec.crop_fraction = 224.0 / 256.0;
  efficientnet.spec.resize = OAR_RESIZE_EXACT;
  efficientnet.spec.resize_short = 0;
  efficientnet.spec.resize_width = efficientnet.spec.resize_height = 224;
  efficientnet.spec.crop_width = efficientnet.spec.crop_height = 0;
  efficientnet.spec.scale = 1.0f;
  for (int c = 0; c < 3; ++c) {
    efficientnet.spec.mean[c] = 127.0f;
    efficientnet.spec.std[c] = 128.0f;
  }
  Way interleaved = {"nearest-bgr-nhwc", imagenet(OAR_INTERPOLATION_NEAREST)};
  interleaved.spec.color = OAR_COLOR_BGR;
  interleaved.spec.layout = OAR_LAYOUT_NHWC;
  return {{"bilinear", imagenet(OAR_INTERPOLATION_BILINEAR)}, efficientnet, interleaved};
}

void write_pictures(const Way& way, const oar_preprocessor* preprocessor) {
  constexpr int32_t kSizes[][2] = {{640, 480}, {333, 257}, {2, 2}, {2, 701}, {448, 448}, {97, 64}};
  constexpr oar_pixel_format kFormats[] = {OAR_PIXEL_RGB, OAR_PIXEL_BGR, OAR_PIXEL_RGBA, OAR_PIXEL_GRAY};
  constexpr int kPixelBytes[] = {3, 3, 4, 1};
  for (size_t i = 0; i < std::size(kSizes); ++i) {
    const auto [width, height] = kSizes[i];
    const size_t kind = i % std::size(kFormats);
    const int64_t stride = static_cast<int64_t>(width) * kPixelBytes[kind] + 5;
    const std::vector<uint8_t> pixels = Numbers(i).bytes(static_cast<size_t>(stride) * static_cast<size_t>(height));
    const oar_image image = {sizeof image, kFormats[kind], pixels.data(), width, height, stride};
    std::vector<uint8_t> crop(224 * 224 * 3);
    std::vector<float> tensor(crop.size());
    check(oar_preprocessor_crop(preprocessor, &image, crop.data(), crop.size()));
    check(oar_preprocessor_run(preprocessor, &image, tensor.data(), tensor.size()));
    const std::string name = std::string(way.name) + "/" + std::to_string(width) + "x" + std::to_string(height);
    write(name + "/crop", "uint8", crop);
    write(name + "/tensor", "float32", tensor);
  }
}

void write_frames(const Way& way, const oar_preprocessor* preprocessor) {
  constexpr int32_t kWidth = 321, kHeight = 243, kHalfWidth = (kWidth + 1) / 2, kHalfHeight = (kHeight + 1) / 2;
  const std::vector<uint8_t> luma = Numbers(7).bytes(kWidth * kHeight);
  const std::vector<uint8_t> chroma = Numbers(8).bytes(2 * kHalfWidth * kHalfHeight);
  for (const oar_yuv_range range : {OAR_YUV_FULL, OAR_YUV_LIMITED}) {
    for (const int32_t rotation : {0, 90, 180, 270}) {
      oar_frame frame = {};
      frame.struct_size = sizeof frame;
      frame.format = OAR_FRAME_NV21;
      frame.width = kWidth;
      frame.height = kHeight;
      frame.planes[0] = {luma.data(), luma.size(), kWidth, 1};
      frame.planes[1] = {chroma.data(), chroma.size(), 2 * kHalfWidth, 2};
      frame.rotation = rotation;
      frame.mirror = rotation == 90;
      frame.range = range;
      std::vector<float> tensor(224 * 224 * 3);
      check(oar_preprocessor_run_frame(preprocessor, &frame, tensor.data(), tensor.size()));
      write(std::string(way.name) + "/nv21-" + std::to_string(range) + "-" + std::to_string(rotation), "float32",
            tensor);
    }
  }
}

void write_scores() {
  Numbers numbers(9);
  for (const size_t count : {1u, 10u, 1000u}) {
    std::vector<float> logits(count);
    for (float& it : logits) it = static_cast<float>(static_cast<int32_t>(numbers.next()) >> 8) / 1000000.0f;
    if (count > 5) logits[3] = logits[5];  // Equal scores: the lower index comes first.
    std::vector<float> probabilities(count), best(count);
    std::vector<int32_t> ids(count);
    size_t found = 0;
    check(oar_top_k(logits.data(), count, count, ids.data(), best.data(), &found));
    check(oar_softmax(logits.data(), count, probabilities.data()));
    const std::string name = "scores/" + std::to_string(count);
    write(name + "/order", "int32", ids);
    write(name + "/best", "float32", best);
    write(name + "/softmax", "float32", probabilities);
  }
}

}  // namespace

int main() {
  for (const Way& way : ways()) {
    oar_preprocessor* preprocessor = nullptr;
    check(oar_preprocessor_create(&way.spec, &preprocessor));
    write_pictures(way, preprocessor);
    write_frames(way, preprocessor);
    oar_preprocessor_destroy(preprocessor);
  }
  write_scores();
  return std::fflush(stdout) == 0 && std::ferror(stdout) == 0 ? 0 : 1;
}
