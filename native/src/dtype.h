// Sizes and names of oar_dtype.
#ifndef OARLOCK_SRC_DTYPE_H_
#define OARLOCK_SRC_DTYPE_H_

#include <cstddef>
#include <cstdint>

#include "oarlock.h"

namespace oarlock {

// Bytes of one value.
constexpr size_t dtype_size(oar_dtype dtype) {
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
  return 0;
}

// numpy's name, by the number of the enumerator; NULL outside the enum.
const char* dtype_name(int32_t number);

}  // namespace oarlock

#endif  // OARLOCK_SRC_DTYPE_H_
