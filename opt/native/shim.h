// What the worker's program calls of its shim, the library that speaks to Paddle Lite's C++ interface.
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
  const char* model;   // The program's file.
  const char* params;  // The parameters' file.
  const char* output;  // The result is this path with ".nb" behind it.
  const oarlock_place* places;
  size_t place_count;
  int32_t weight_bits;  // 0: weights stay as they are; 8 or 16: weight-only quantisation.
};

enum oarlock_job_result { kOarlockJobDone = 0, kOarlockJobNoMemory = 1, kOarlockJobFailed = 2 };

// Optimises a model. The engine may abort or crash instead of returning. On failure, a text is in `error`.
typedef oarlock_job_result oarlock_optimize_function(const oarlock_job* job, char* error, size_t error_size);
#define OARLOCK_OPTIMIZE_SYMBOL "oarlock_optimize_v1"

}  // extern "C"

#endif  // OARLOCK_OPT_NATIVE_SHIM_H_
