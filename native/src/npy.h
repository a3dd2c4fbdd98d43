// Arrays in NumPy's .npy format, as bundles hold them.
#ifndef OARLOCK_SRC_NPY_H_
#define OARLOCK_SRC_NPY_H_

#include <cstdint>
#include <vector>

#include "byte_source.h"
#include "oarlock.h"

namespace oarlock {

struct NpyArray {
  oar_dtype dtype = OAR_FLOAT32;
  std::vector<int64_t> shape;  // OAR_MAX_RANK sizes at most, none of them negative.
  std::vector<unsigned char> data;

  size_t count() const;
  // All of it as an input called `name`; borrowed from both.
  oar_tensor tensor(const char* name) const;
};

// Reads format version 1.0 (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html), little-endian and
// in C order, with the dtypes of oar_dtype. OAR_BAD_BUNDLE for everything else, among that a file that is longer or
// shorter than its header says; OAR_IO. No more memory is taken than the file has bytes.
NpyArray read_npy(const ByteSource& file);

}  // namespace oarlock

#endif  // OARLOCK_SRC_NPY_H_
