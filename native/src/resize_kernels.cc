#include "resize_kernels.h"

#include <algorithm>

#include "vector_clones.h"

namespace oarlock {
namespace {

// Half to even, clamped. Adding 1.5 * 2^23 leaves no bits behind the point, so that the sum rounds to an integer.
uint8_t round_to_byte(float value) {
  constexpr float kRounder = 12582912.0F;
  const float rounded = value + kRounder - kRounder;
  return static_cast<uint8_t>(std::min(std::max(rounded, 0.0F), 255.0F));
}

}  // namespace

OARLOCK_VECTOR_CLONES
void BilinearKernel::sum_columns(const uint8_t* pixels, const int16_t* weights, size_t width, Sum* __restrict sums) {
  for (size_t x = 0; x < width; ++x) {
    const int32_t sum = pixels[x] * weights[x] + pixels[width + x] * weights[width + x];
    sums[x] = static_cast<Sum>(sum >> 4);
  }
}

OARLOCK_VECTOR_CLONES
void BilinearKernel::blend(const std::array<const Sum*, kTaps>& rows, const Weights& weights, size_t count,
                           uint8_t* __restrict out) {
  const auto [row0, row1] = rows;
  const int32_t weight0 = weights[0];
  const int32_t weight1 = weights[1];
  for (size_t i = 0; i < count; ++i) {
    const auto part0 = static_cast<int16_t>((weight0 * row0[i]) >> 16);
    const auto part1 = static_cast<int16_t>((weight1 * row1[i]) >> 16);
    out[i] = static_cast<uint8_t>((part0 + part1 + 2) >> 2);
  }
}

OARLOCK_VECTOR_CLONES
void BicubicKernel::sum_columns(const uint8_t* pixels, const int16_t* weights, size_t width, Sum* __restrict sums) {
  for (size_t x = 0; x < width; ++x) {
    sums[x] = pixels[x] * weights[x] + pixels[width + x] * weights[width + x] +
              pixels[2 * width + x] * weights[2 * width + x] + pixels[3 * width + x] * weights[3 * width + x];
  }
}

// float32, every operation rounded, the last row first: what OpenCV's vector code computes without fused
// multiply-adds.
OARLOCK_VECTOR_CLONES
void BicubicKernel::blend(const std::array<const Sum*, kTaps>& rows, const Weights& weights, size_t count,
                          uint8_t* __restrict out) {
  const auto [row0, row1, row2, row3] = rows;
  constexpr float kScale = 1.0F / (kWeightOne * kWeightOne);
  const float weight0 = static_cast<float>(weights[0]) * kScale;
  const float weight1 = static_cast<float>(weights[1]) * kScale;
  const float weight2 = static_cast<float>(weights[2]) * kScale;
  const float weight3 = static_cast<float>(weights[3]) * kScale;
  for (size_t i = 0; i < count; ++i) {
    const float sum = static_cast<float>(row0[i]) * weight0 +
                      (static_cast<float>(row1[i]) * weight1 +
                       (static_cast<float>(row2[i]) * weight2 + static_cast<float>(row3[i]) * weight3));
    out[i] = round_to_byte(sum);
  }
}

}  // namespace oarlock
