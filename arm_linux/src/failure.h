// What ends a picture, or the program, with a sentence for people and a code for programs (docs/errors.md).
#ifndef OARLOCK_ARM_LINUX_FAILURE_H_
#define OARLOCK_ARM_LINUX_FAILURE_H_

#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>

#include "oarlock.h"

namespace oarlock {
namespace app {

// The sentence names the file or option, what was found, what was expected and, where that is not plain, what to do.
class Failure : public std::runtime_error {
 public:
  Failure(std::string code, const std::string& sentence) : std::runtime_error(sentence), code_(std::move(code)) {}

  // "OAR-BAD-IMAGE"
  const std::string& code() const { return code_; }

 private:
  std::string code_;
};

// Throws Failure with a sentence of these parts.
[[noreturn]] void fail_with(const char* code, std::initializer_list<std::string_view> parts);

// Throws what the core says of its last failure.
void check(oar_status status);

}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_FAILURE_H_
