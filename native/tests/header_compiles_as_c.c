/* The public header is C: this file is compiled as strict C11, and with warnings as errors wherever those are on. */
#include "oarlock.h"

const char* oarlock_version_from_c(void);

const char* oarlock_version_from_c(void) {
  oar_preprocess_spec spec = {.struct_size = sizeof spec};
  oar_tensor tensor = {.struct_size = sizeof tensor};
  return spec.struct_size != 0 && tensor.struct_size != 0 ? oar_version() : "";
}
