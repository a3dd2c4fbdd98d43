#include "selftest_compare.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "dtype.h"

namespace oarlock {
namespace {

template <class T>
T read(const void* data, size_t index) {
  T value;
  std::memcpy(&value, static_cast<const unsigned char*>(data) + index * sizeof value, sizeof value);
  return value;
}

// IEEE 754 binary16.
double from_half(uint16_t bits) {
  const int exponent = bits >> 10 & 0x1f, fraction = bits & 0x3ff;
  double value = 0;
  if (exponent == 0x1f) {
    value = fraction == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  } else {
    value = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 0x400, exponent - 25);
  }
  return bits & 0x8000 ? -value : value;
}

double value_at(const oar_tensor& tensor, size_t index) {
  switch (tensor.dtype) {
    case OAR_FLOAT32:
      return read<float>(tensor.data, index);
    case OAR_FLOAT64:
      return read<double>(tensor.data, index);
    case OAR_FLOAT16:
      return from_half(read<uint16_t>(tensor.data, index));
    case OAR_INT64:
      return static_cast<double>(read<int64_t>(tensor.data, index));
    case OAR_INT32:
      return read<int32_t>(tensor.data, index);
    case OAR_INT16:
      return read<int16_t>(tensor.data, index);
    case OAR_INT8:
      return read<int8_t>(tensor.data, index);
    case OAR_UINT8:
    case OAR_BOOL:
      return read<uint8_t>(tensor.data, index);
  }
  return std::numeric_limits<double>::quiet_NaN();
}

size_t count(const oar_tensor& tensor) { return tensor.bytes / dtype_size(tensor.dtype); }

// Of the scores [begin, end).
size_t first_of(const oar_tensor& scores, size_t begin, size_t end) {
  size_t first = begin;
  for (size_t i = begin + 1; i < end; ++i) {
    if (value_at(scores, i) > value_at(scores, first)) first = i;
  }
  return first;
}

}  // namespace

bool is_floating(oar_dtype dtype) { return dtype == OAR_FLOAT32 || dtype == OAR_FLOAT64 || dtype == OAR_FLOAT16; }

size_t count_not_finite(const oar_tensor& tensor) {
  size_t result = 0;
  for (size_t i = 0, end = count(tensor); i < end; ++i) result += std::isfinite(value_at(tensor, i)) ? 0 : 1;
  return result;
}

Difference compare(const oar_tensor& found, const oar_tensor& expected) {
  Difference result;
  result.elements = count(found);
  const size_t size = found.dtype == expected.dtype ? dtype_size(found.dtype) : 0;
  const auto* const found_bytes = static_cast<const unsigned char*>(found.data);
  const auto* const expected_bytes = static_cast<const unsigned char*>(expected.data);
  for (size_t i = 0; i < result.elements; ++i) {
    const double value = value_at(found, i), recorded = value_at(expected, i);
    const bool equal =
        size == 0 ? value == recorded : std::memcmp(found_bytes + i * size, expected_bytes + i * size, size) == 0;
    result.differing += equal ? 0 : 1;
    if (std::isfinite(recorded)) result.largest_expected = std::max(result.largest_expected, std::fabs(recorded));
    if (!std::isfinite(value)) {
      ++result.not_finite;
    } else if (std::isfinite(recorded)) {
      result.largest = std::max(result.largest, std::fabs(value - recorded));
    }
  }
  return result;
}

std::vector<FirstClass> first_classes(const oar_tensor& found, const oar_tensor& expected) {
  std::vector<FirstClass> result;
  const size_t elements = count(expected);
  if (expected.rank < 2 || elements == 0) return result;
  const size_t rows = static_cast<size_t>(expected.dims[0]), classes = elements / rows;
  for (size_t begin = 0; begin < elements; begin += classes) {
    const size_t wanted = first_of(expected, begin, begin + classes);
    FirstClass row;
    row.expected = static_cast<int64_t>(wanted - begin);
    row.found = static_cast<int64_t>(first_of(found, begin, begin + classes) - begin);
    row.place = 1;
    const double score = value_at(found, wanted);
    for (size_t i = begin; i < begin + classes; ++i) {
      const double other = value_at(found, i);
      if (other > score || (other == score && i < wanted)) ++row.place;
    }
    result.push_back(row);
  }
  return result;
}

}  // namespace oarlock
