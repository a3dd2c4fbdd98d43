// Arrays in NumPy's format: refused with a typed error, or read whole.
#include "check.h"
#include "dtype.h"
#include "npy.h"
#include "status.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const oar_status status = oarlock::guard([&] {
    const oarlock::NpyArray array = oarlock::read_npy(oarlock::ByteSource::from_memory("fuzz.npy", data, size));
    uint64_t bytes = oarlock::dtype_size(array.dtype);
    for (const int64_t side : array.shape) bytes *= static_cast<uint64_t>(side);
    oarlock_fuzz::require(array.data.size() == bytes, "the values do not fill the shape");
    oarlock_fuzz::require(array.tensor("x").bytes == bytes, "the tensor has another size");
  });
  oarlock_fuzz::succeeded(status, {OAR_BAD_BUNDLE});
  return 0;
}
