// Helpers for tests that speak to liboarlock.so as everybody else does.
#ifndef OARLOCK_TESTS_ABI_H_
#define OARLOCK_TESTS_ABI_H_

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "oarlock.h"

namespace oarlock {
namespace testing {

using Bundle = std::unique_ptr<oar_bundle, void (*)(oar_bundle*)>;
using Session = std::unique_ptr<oar_session, void (*)(oar_session*)>;

// Whether a call gave `expected` and the last error holds `part`.
inline ::testing::AssertionResult gives(oar_status found, oar_status expected, const std::string& part) {
  const std::string error = oar_last_error();
  if (found != expected) {
    return ::testing::AssertionFailure() << oar_status_code(found) << " instead of " << oar_status_code(expected)
                                         << ", last error: " << error;
  }
  if (error.find(part) != std::string::npos) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "'" << error << "' does not say '" << part << "'";
}

inline void check(oar_status status) {
  if (status != OAR_OK) throw std::runtime_error(oar_last_error());
}

inline Bundle open_bundle(const std::string& path) {
  oar_bundle* bundle = nullptr;
  check(oar_bundle_open(path.c_str(), nullptr, &bundle));
  return Bundle(bundle, oar_bundle_close);
}

// The fake engine, loaded once for this process.
inline oar_engine* fake_engine() {
  oar_engine* engine = nullptr;
  check(oar_engine_load(OARLOCK_FAKE_FULL, &engine));
  return engine;
}

}  // namespace testing
}  // namespace oarlock

#endif  // OARLOCK_TESTS_ABI_H_
