// The two interpolations that blend neighbours, in the arithmetic of OpenCV's 8-bit resize: weights of 11 bits, a
// horizontal pass in integers, then a vertical pass that differs between the two.
//
// Both kernels have
//   sum_columns  the horizontal pass over one channel of one row. Pixels and weights have a plane of `width` for every
//                tap, in which neighbours are neighbours in the result; the sums overlap neither.
//   blend        the vertical pass over `count` sums of kTaps rows. `out` overlaps none of them.
#ifndef OARLOCK_SRC_RESIZE_KERNELS_H_
#define OARLOCK_SRC_RESIZE_KERNELS_H_

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

  static void sum_columns(const uint8_t* pixels, const int16_t* weights, size_t width, Sum* sums);
  static void blend(const std::array<const Sum*, kTaps>& rows, const Weights& weights, size_t count, uint8_t* out);
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

  static void sum_columns(const uint8_t* pixels, const int16_t* weights, size_t width, Sum* sums);
  static void blend(const std::array<const Sum*, kTaps>& rows, const Weights& weights, size_t count, uint8_t* out);
};

}  // namespace oarlock

#endif  // OARLOCK_SRC_RESIZE_KERNELS_H_
