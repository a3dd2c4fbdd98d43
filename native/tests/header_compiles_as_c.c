/* The public header is C: this file is compiled as C11 with warnings as errors. */
#include "oarlock.h"

const char* oarlock_version_from_c(void);

const char* oarlock_version_from_c(void) {
  oar_preprocess_spec spec = {sizeof spec};
  oar_tensor tensor = {sizeof tensor};
  return spec.struct_size != 0 && tensor.struct_size != 0 ? oar_version() : OARLOCK_VERSION;
}
