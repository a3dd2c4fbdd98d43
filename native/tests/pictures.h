// Pictures and specs for tests.
#ifndef OARLOCK_TESTS_PICTURES_H_
#define OARLOCK_TESTS_PICTURES_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "oarlock.h"

namespace oarlock_test {

// width x height x 3 bytes, no two neighbours alike; the same bytes as make_resize_goldens.py makes.
inline std::vector<uint8_t> picture(int32_t width, int32_t height) {
  std::vector<uint8_t> bytes(static_cast<size_t>(width) * static_cast<size_t>(height) * 3);
  for (size_t i = 0; i < bytes.size(); ++i) {
    uint32_t hashed = static_cast<uint32_t>(i) * 2654435761U;
    hashed ^= hashed >> 15;
    hashed *= 2246822519U;
    bytes[i] = static_cast<uint8_t>(hashed >> 24);
  }
  return bytes;
}

// Dense RGB pixels as the core takes them.
inline oar_image rgb_image(const std::vector<uint8_t>& bytes, int32_t width, int32_t height) {
  return {sizeof(oar_image), OAR_PIXEL_RGB, bytes.data(), width, height, int64_t{width} * 3};
}

// No geometry, no normalisation: bytes come out as they are.
inline oar_preprocess_spec plain_spec() {
  oar_preprocess_spec spec = {};
  spec.struct_size = sizeof spec;
  spec.scale = 1;
  for (float& divisor : spec.std) divisor = 1;
  return spec;
}

// PaddleClas' evaluation on ImageNet.
inline oar_preprocess_spec imagenet_spec() {
  oar_preprocess_spec spec = plain_spec();
  spec.resize = OAR_RESIZE_SHORT;
  spec.resize_short = 256;
  spec.crop_width = 224;
  spec.crop_height = 224;
  spec.scale = 1.0F / 255;
  const float mean[] = {0.485F, 0.456F, 0.406F};
  const float std[] = {0.229F, 0.224F, 0.225F};
  for (int channel = 0; channel < 3; ++channel) {
    spec.mean[channel] = mean[channel];
    spec.std[channel] = std[channel];
  }
  return spec;
}

struct PreprocessorCloser {
  void operator()(oar_preprocessor* preprocessor) const { oar_preprocessor_destroy(preprocessor); }
};
using PreprocessorPtr = std::unique_ptr<oar_preprocessor, PreprocessorCloser>;

// NULL when the spec is refused.
inline PreprocessorPtr make_preprocessor(const oar_preprocess_spec& spec) {
  oar_preprocessor* preprocessor = nullptr;
  oar_preprocessor_create(&spec, &preprocessor);
  return PreprocessorPtr(preprocessor);
}

}  // namespace oarlock_test

#endif  // OARLOCK_TESTS_PICTURES_H_
