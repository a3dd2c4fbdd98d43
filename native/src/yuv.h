// YUV of 8 bits to RGB, by BT.601.
#ifndef OARLOCK_SRC_YUV_H_
#define OARLOCK_SRC_YUV_H_

#include <cstddef>
#include <cstdint>

namespace oarlock {

// The conversion that oarlock.h documents at oar_yuv_range, its coefficients in units of 1 / 2^20.
struct YuvToRgb {
  int32_t black;  // the luma of black
  int32_t luma;
  int32_t red_v;
  int32_t green_u;
  int32_t green_v;
  int32_t blue_u;
};

// JFIF 1.02, with the coefficients of 16 bits that libjpeg uses: 1.402, 0.34414, 0.71414 and 1.772.
constexpr YuvToRgb kFullRange = {0, 65536 * 16, 91881 * 16, -22554 * 16, -46802 * 16, 116130 * 16};

// BT.601 with OpenCV's coefficients: 1.164, 1.596, 0.391, 0.813 and 2.018.
constexpr YuvToRgb kLimitedRange = {16, 1220542, 1673527, -409993, -852492, 2116026};

// `count` pixels, a sample of each channel for every one of them. The outputs overlap nothing.
void yuv_to_rgb(const YuvToRgb& conversion, const uint8_t* y, const uint8_t* u, const uint8_t* v, size_t count,
                uint8_t* red, uint8_t* green, uint8_t* blue);

}  // namespace oarlock

#endif  // OARLOCK_SRC_YUV_H_
