// Model files: refused with a typed error, or described.
#include "check.h"
#include "oarlock.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  oar_nb* nb = nullptr;
  const oar_status status = oar_nb_open_memory("fuzz.nb", data, size, &nb);
  if (oarlock_fuzz::succeeded(status, {OAR_BAD_MODEL, OAR_VERSION_MISMATCH})) {
    oarlock_fuzz::require(oar_nb_description(nb)[0] == '{', "the description is no JSON object");
  }
  oar_nb_close(nb);
  return 0;
}
