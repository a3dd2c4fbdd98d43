// What a test says of code that must fail.
#ifndef OARLOCK_ARM_LINUX_TESTS_FAILURES_H_
#define OARLOCK_ARM_LINUX_TESTS_FAILURES_H_

#include <string>

#include "arguments.h"
#include "failure.h"

namespace oarlock {
namespace app {
namespace testing {

// "CODE: sentence" of the Failure that `body` throws, "usage: sentence" of the UsageError; "" when it throws none.
template <class Body>
std::string failure_of(Body&& body) {
  try {
    body();
  } catch (const Failure& failure) {
    return failure.code() + ": " + failure.what();
  } catch (const UsageError& error) {
    return std::string("usage: ") + error.what();
  }
  return "";
}

}  // namespace testing
}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_TESTS_FAILURES_H_
