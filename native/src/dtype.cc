#include "dtype.h"

#include "status.h"

namespace oarlock {

const char* dtype_name(int32_t number) {
  constexpr const char* kNames[] = {"float32", "float64", "float16", "int64", "int32",
                                    "int16",   "int8",    "uint8",   "bool"};
  static_assert(sizeof kNames / sizeof kNames[0] == OAR_BOOL + 1, "a name for every oar_dtype");
  return number >= OAR_FLOAT32 && number <= OAR_BOOL ? kNames[number] : nullptr;
}

}  // namespace oarlock

const char* oar_dtype_name(oar_dtype dtype) { return oarlock::dtype_name(oarlock::enum_value(dtype)); }
