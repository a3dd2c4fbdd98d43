#include "yuv.h"

#include <algorithm>

#include "vector_clones.h"

namespace oarlock {
namespace {

constexpr int kFractionBits = 20;
constexpr int32_t kHalf = 1 << (kFractionBits - 1);

// Without its fraction every sum fits 16 bits, where the smallest instruction sets can clamp vectors.
uint8_t to_byte(int32_t sum) {
  const auto value = static_cast<int16_t>(sum >> kFractionBits);
  return static_cast<uint8_t>(std::min<int16_t>(std::max<int16_t>(value, 0), 255));
}

}  // namespace

OARLOCK_VECTOR_CLONES
void yuv_to_rgb(const YuvToRgb& conversion, const uint8_t* __restrict y, const uint8_t* __restrict u,
                const uint8_t* __restrict v, size_t count, uint8_t* __restrict red, uint8_t* __restrict green,
                uint8_t* __restrict blue) {
  const YuvToRgb c = conversion;  // a copy in registers: the outputs are bytes, which may alias anything
  for (size_t i = 0; i < count; ++i) {
    const int32_t luma = std::max(y[i] - c.black, 0) * c.luma + kHalf;
    const int32_t du = u[i] - 128;
    const int32_t dv = v[i] - 128;
    red[i] = to_byte(luma + c.red_v * dv);
    green[i] = to_byte(luma + c.green_u * du + c.green_v * dv);
    blue[i] = to_byte(luma + c.blue_u * du);
  }
}

}  // namespace oarlock
