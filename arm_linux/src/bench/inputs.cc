#include "bench/inputs.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <string>

#include "status.h"

namespace oarlock {
namespace app {
namespace bench {
namespace {

constexpr size_t kPattern = 997;
constexpr double kGoldenRatio = 0.6180339887498949;

size_t bytes_of(oar_dtype dtype) {
  switch (dtype) {
    case OAR_FLOAT64:
    case OAR_INT64:
      return 8;
    case OAR_FLOAT32:
    case OAR_INT32:
      return 4;
    case OAR_FLOAT16:
    case OAR_INT16:
      return 2;
    case OAR_INT8:
    case OAR_UINT8:
    case OAR_BOOL:
      return 1;
  }
  fail(OAR_BAD_DTYPE, "an input has the dtype ", enum_value(dtype), ", which this version does not know");
}

template <class Real>
void fill(std::vector<uint8_t>& bytes) {
  Real pattern[kPattern];
  for (size_t i = 0; i < kPattern; ++i) {
    double whole;
    pattern[i] = static_cast<Real>(2 * std::modf(static_cast<double>(i) * kGoldenRatio, &whole) - 1);
  }
  for (size_t done = 0; done < bytes.size(); done += sizeof pattern) {
    std::memcpy(bytes.data() + done, pattern, std::min(sizeof pattern, bytes.size() - done));
  }
}

template <class Real>
bool all_finite(const oar_tensor& tensor) {
  const auto* values = static_cast<const Real*>(tensor.data);
  return std::all_of(values, values + tensor.bytes / sizeof(Real), [](Real value) { return std::isfinite(value); });
}

std::string shape_text(const oar_tensor& input) {
  std::string shape;
  for (int32_t axis = 0; axis < input.rank; ++axis) {
    shape += (axis == 0 ? "" : ", ") + (input.dims[axis] == -1 ? "any" : std::to_string(input.dims[axis]));
  }
  return shape;
}

}  // namespace

void fix_shape(oar_tensor& input, const std::optional<PictureSize>& picture) {
  std::vector<int32_t> free;
  for (int32_t axis = 1; axis < input.rank; ++axis) {
    if (input.dims[axis] == -1) free.push_back(axis);
  }
  if (!free.empty() && !(picture && free.size() == 2)) {
    fail(OAR_BAD_SHAPE, "the input '", input.name, "' takes (", shape_text(input),
         ") and the bundle does not say which size is usual, expected sizes that are fixed but for the batch: export "
         "the model with a fixed input");
  }
  if (!free.empty()) {
    input.dims[free[0]] = picture->height;
    input.dims[free[1]] = picture->width;
  }
  if (input.rank > 0 && input.dims[0] == -1) input.dims[0] = 1;
}

std::vector<uint8_t> content(const oar_tensor& input) {
  size_t count = 1;
  for (int32_t axis = 0; axis < input.rank; ++axis) count *= static_cast<size_t>(input.dims[axis]);
  std::vector<uint8_t> bytes(count * bytes_of(input.dtype));
  if (input.dtype == OAR_FLOAT32) fill<float>(bytes);
  if (input.dtype == OAR_FLOAT64) fill<double>(bytes);
  return bytes;
}

bool is_finite(const oar_tensor& output) {
  if (output.dtype == OAR_FLOAT32) return all_finite<float>(output);
  if (output.dtype == OAR_FLOAT64) return all_finite<double>(output);
  return true;
}

}  // namespace bench
}  // namespace app
}  // namespace oarlock
