// Expecting a failure of the core's insides.
#ifndef OARLOCK_TESTS_FAILURES_H_
#define OARLOCK_TESTS_FAILURES_H_

#include <gtest/gtest.h>

#include <string>

#include "status.h"

namespace oarlock {
namespace testing {

// Whether body throws an Error of `status` whose message holds `part`.
template <class Body>
::testing::AssertionResult fails(oar_status status, const std::string& part, Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    if (error.status() != status) {
      return ::testing::AssertionFailure()
             << oar_status_code(error.status()) << " instead of " << oar_status_code(status) << ": " << error.what();
    }
    if (std::string(error.what()).find(part) == std::string::npos) {
      return ::testing::AssertionFailure() << "'" << error.what() << "' does not say '" << part << "'";
    }
    return ::testing::AssertionSuccess();
  }
  return ::testing::AssertionFailure() << "nothing failed, expected " << oar_status_code(status) << ": " << part;
}

}  // namespace testing
}  // namespace oarlock

#endif  // OARLOCK_TESTS_FAILURES_H_
