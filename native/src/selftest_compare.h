// Numbers found against numbers recorded.
#ifndef OARLOCK_SRC_SELFTEST_COMPARE_H_
#define OARLOCK_SRC_SELFTEST_COMPARE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "oarlock.h"

namespace oarlock {

struct Difference {
  size_t elements = 0;
  size_t not_finite = 0;        // NaN or infinity among what was found.
  size_t differing = 0;         // Not equal to the bit or, between dtypes, in value.
  double largest = 0;           // |found - expected|; like the next without what is not finite.
  double largest_expected = 0;  // |expected|.
};

bool is_floating(oar_dtype dtype);

// NaN or infinity in a tensor.
size_t count_not_finite(const oar_tensor& tensor);

// Two tensors of as many elements. Values are compared as double, so whole numbers above 2^53 only roughly.
Difference compare(const oar_tensor& found, const oar_tensor& expected);

// What a row of scores says, a picture of the batch.
struct FirstClass {
  int64_t expected = 0;  // The class that the reference puts first; the lower one of equals, here and below.
  int64_t found = 0;
  int64_t place = 0;  // Of `expected` in what was found, 1 for the first.
};

// A row for each of the first dimension of two finite tensors (rows, classes) with as many elements; none for tensors
// of another kind.
std::vector<FirstClass> first_classes(const oar_tensor& found, const oar_tensor& expected);

}  // namespace oarlock

#endif  // OARLOCK_SRC_SELFTEST_COMPARE_H_
