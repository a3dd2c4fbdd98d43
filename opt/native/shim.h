// What the worker's program calls of its shims, the libraries that speak to Paddle Lite's C++ interface: one for each
// layout of its classes (core/plugin/layouts).
#ifndef OARLOCK_OPT_NATIVE_SHIM_H_
#define OARLOCK_OPT_NATIVE_SHIM_H_

#include <stddef.h>
#include <stdint.h>

extern "C" {

// Paddle Lite's enumerators of target, precision and layout.
struct oarlock_place {
  int32_t target, precision, layout;
};

struct oarlock_job {
  const char* version;  // What the engine must say of itself, "v2.12".
  const char* model;    // The program's file.
  const char* params;   // The parameters' file.
  const char* output;   // The result is this path with ".nb" behind it.
  const oarlock_place* places;
  size_t place_count;
  int32_t weight_bits;         // 0: weights stay as they are; 8 or 16: weight-only quantisation.
  const char* const* devices;  // Names of accelerators for NNAdapter.
  size_t device_count;
  const char* const* discarded;  // Names of the engine's passes that are left out; versions before 2.11 cannot.
  size_t discarded_count;
  int32_t record;  // Not 0: what the result needs of a library is written into a folder called `output`, too.
};

enum oarlock_job_result {
  kOarlockJobDone = 0,
  kOarlockJobNoMemory = 1,
  kOarlockJobFailed = 2,
  kOarlockJobOtherEngine = 3  // The engine is not the one that the shim and the job are for.
};

// Optimises a model. The engine may abort or crash instead of returning. On failure, a text is in `error`.
typedef oarlock_job_result oarlock_optimize_function(const oarlock_job* job, char* error, size_t error_size);
#define OARLOCK_OPTIMIZE_SYMBOL "oarlock_optimize_v3"

}  // extern "C"

#endif  // OARLOCK_OPT_NATIVE_SHIM_H_
