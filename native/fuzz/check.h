// What holds of every call into the core, whatever the bytes.
#ifndef OARLOCK_FUZZ_CHECK_H_
#define OARLOCK_FUZZ_CHECK_H_

#include <cstdio>
#include <cstdlib>
#include <initializer_list>

#include "oarlock.h"

namespace oarlock_fuzz {

// A finding: libFuzzer keeps the input.
inline void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "broken: %s; last error: %s\n", what, oar_last_error());
  std::abort();
}

// Whether the call succeeded. A refusal must be one of `refusals` and say why.
inline bool succeeded(oar_status status, std::initializer_list<oar_status> refusals) {
  if (status == OAR_OK) return true;
  bool expected = false;
  for (const oar_status refusal : refusals) expected = expected || status == refusal;
  require(expected, oar_status_code(status));
  require(oar_last_error()[0] != '\0', "a refusal without a sentence");
  return false;
}

}  // namespace oarlock_fuzz

#endif  // OARLOCK_FUZZ_CHECK_H_
