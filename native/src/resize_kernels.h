// The two interpolations that blend neighbours, in the arithmetic of OpenCV's 8-bit resize: weights of 11 bits, a
// horizontal pass in integers, then a vertical pass that differs between the two.
#ifndef OARLOCK_SRC_RESIZE_KERNELS_H_
#define OARLOCK_SRC_RESIZE_KERNELS_H_

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace oarlock {

constexpr int32_t kWeightOne = 2048;  // 1.0

inline int16_t fixed_point(float weight) { return static_cast<int16_t>(std::nearbyint(weight * kWeightOne)); }

// Two neighbours.
struct BilinearKernel {
  static constexpr int kTaps = 2;
  static constexpr int kBefore = 0;  // taps left of the one at floor(position)
  // OpenCV puts positions beyond the first and last column onto them, so that one neighbour has the whole weight.
  static constexpr bool kClampsColumns = true;
  using Weights = std::array<int16_t, kTaps>;

  static Weights weights(float fraction) { return {fixed_point(1.0F - fraction), fixed_point(fraction)}; }

  // A horizontal sum, at most 255 * 2049, without the four bits that the vertical pass ignores; what remains fits 16.
  using Sum = int16_t;
  static Sum store(int32_t sum) { return static_cast<Sum>(sum >> 4); }

  static void blend(const std::array<const Sum*, kTaps>& rows, const Weights& weights, size_t count, uint8_t* out) {
    const Sum* const row0 = rows[0];
    const Sum* const row1 = rows[1];
    const int32_t weight0 = weights[0];
    const int32_t weight1 = weights[1];
    for (size_t i = 0; i < count; ++i) {
      const auto part0 = static_cast<int16_t>((weight0 * row0[i]) >> 16);
      const auto part1 = static_cast<int16_t>((weight1 * row1[i]) >> 16);
      out[i] = static_cast<uint8_t>((part0 + part1 + 2) >> 2);
    }
  }
};

// Four neighbours, Keys' cubic convolution with a = -0.75.
struct BicubicKernel {
  static constexpr int kTaps = 4;
  static constexpr int kBefore = 1;
  static constexpr bool kClampsColumns = false;
  using Weights = std::array<int16_t, kTaps>;

  static Weights weights(float fraction) {
    constexpr float kA = -0.75F;
    const float x = fraction;
    const float y = 1.0F - fraction;
    const float w0 = ((kA * (x + 1) - 5 * kA) * (x + 1) + 8 * kA) * (x + 1) - 4 * kA;
    const float w1 = ((kA + 2) * x - (kA + 3)) * x * x + 1;
    const float w2 = ((kA + 2) * y - (kA + 3)) * y * y + 1;
    const float w3 = 1.0F - w0 - w1 - w2;
    return {fixed_point(w0), fixed_point(w1), fixed_point(w2), fixed_point(w3)};
  }

  using Sum = int32_t;
  static Sum store(int32_t sum) { return sum; }

  // float32, every operation rounded, the last row first: what OpenCV's vector code computes without fused
  // multiply-adds.
  static void blend(const std::array<const Sum*, kTaps>& rows, const Weights& weights, size_t count, uint8_t* out) {
    constexpr float kScale = 1.0F / (kWeightOne * kWeightOne);
    const float weight0 = static_cast<float>(weights[0]) * kScale;
    const float weight1 = static_cast<float>(weights[1]) * kScale;
    const float weight2 = static_cast<float>(weights[2]) * kScale;
    const float weight3 = static_cast<float>(weights[3]) * kScale;
    for (size_t i = 0; i < count; ++i) {
      const float sum = static_cast<float>(rows[0][i]) * weight0 +
                        (static_cast<float>(rows[1][i]) * weight1 +
                         (static_cast<float>(rows[2][i]) * weight2 + static_cast<float>(rows[3][i]) * weight3));
      out[i] = round_to_byte(sum);
    }
  }

  // Half to even, clamped. Adding 1.5 * 2^23 leaves no bits behind the point, so that the sum rounds to an integer.
  static uint8_t round_to_byte(float value) {
    constexpr float kRounder = 12582912.0F;
    const float rounded = value + kRounder - kRounder;
    return static_cast<uint8_t>(std::min(std::max(rounded, 0.0F), 255.0F));
  }
};

}  // namespace oarlock

#endif  // OARLOCK_SRC_RESIZE_KERNELS_H_
