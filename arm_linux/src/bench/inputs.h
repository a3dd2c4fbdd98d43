// What a benchmark gives a model to compute on: the same as py/oarlock/bench/_inputs.py gives, on every machine.
#ifndef OARLOCK_ARM_LINUX_BENCH_INPUTS_H_
#define OARLOCK_ARM_LINUX_BENCH_INPUTS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "oarlock.h"

namespace oarlock {
namespace app {
namespace bench {

// Pixels that the model's preprocessing gives of a picture of a usual size.
struct PictureSize {
  int32_t height;
  int32_t width;
};

// Puts sizes where `input`, a description, has -1: a batch of one and, for the two other sides that may be free, those
// of `picture`. OAR_BAD_SHAPE when that does not settle it.
void fix_shape(oar_tensor& input, const std::optional<PictureSize>& picture);

// Bytes for a tensor of a fixed shape. Real numbers spread over -1 to 1, element i being
// 2 * frac((i % 997) * 0.618…) - 1, Weyl's sequence for the golden ratio; numbers of other kinds are 0, since they may
// be indices.
std::vector<uint8_t> content(const oar_tensor& input);

// Whether a tensor holds no NaN and no infinity. Of dtypes other than float32 and float64, true.
bool is_finite(const oar_tensor& output);

}  // namespace bench
}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_BENCH_INPUTS_H_
