// Failures inside the core and their way across the C ABI.
//
// Inside, a function that cannot do its work throws Error, most simply by
//
//     fail(OAR_BAD_IMAGE, "image width is ", width, ", expected 1 to 1000000");
//
// Every extern "C" function that returns an oar_status is `return guard([&] { ... });`, which is where exceptions end.
#ifndef OARLOCK_SRC_STATUS_H_
#define OARLOCK_SRC_STATUS_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <iosfwd>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

#include "oarlock.h"

namespace oarlock {

// A failure with its status. The message names the file or field, what was found, what was expected and, where that is
// not plain from the rest, what to do.
class Error : public std::runtime_error {
 public:
  Error(oar_status status, const std::string& message) : std::runtime_error(message), status_(status) {}
  oar_status status() const { return status_; }

 private:
  oar_status status_;
};

// Something that a message is put together from: text, a number or a character. It borrows; there is one function that
// writes it, and no code per combination of types.
class TextPart {
 public:
  TextPart(std::string_view text) : kind_(Kind::kText), text_(text) {}
  TextPart(const char* text) : TextPart(std::string_view(text)) {}
  TextPart(const std::string& text) : TextPart(std::string_view(text)) {}
  TextPart(char character) : kind_(Kind::kCharacter), character_(character) {}
  TextPart(double number) : kind_(Kind::kReal), real_(number) {}
  template <class Integer, std::enable_if_t<std::is_integral_v<Integer> || std::is_enum_v<Integer>, int> = 0>
  TextPart(Integer number) : kind_(Kind::kSigned), signed_(static_cast<int64_t>(number)) {
    if constexpr (std::is_unsigned_v<Integer>) {
      kind_ = Kind::kUnsigned;
      unsigned_ = number;
    }
  }

  void write(std::ostream& stream) const;

 private:
  enum class Kind { kText, kCharacter, kReal, kSigned, kUnsigned };

  Kind kind_;
  union {
    std::string_view text_;
    char character_;
    double real_;
    int64_t signed_;
    uint64_t unsigned_;
  };
};

std::string join(std::initializer_list<TextPart> parts);
[[noreturn]] void fail_saying(oar_status status, std::initializer_list<TextPart> parts);

// The parts, streamed one after another in the classic locale, whatever locale the host program has set.
template <class... Parts>
std::string text(const Parts&... parts) {
  return join({TextPart(parts)...});
}

template <class... Parts>
[[noreturn]] void fail(oar_status status, const Parts&... parts) {
  fail_saying(status, {TextPart(parts)...});
}

// What `pointer` points at; OAR_INVALID_ARGUMENT naming the parameter when it is NULL.
template <class T>
T& required(T* pointer, const char* parameter) {
  if (pointer == nullptr) fail(OAR_INVALID_ARGUMENT, "argument '", parameter, "' is NULL");
  return *pointer;
}

// Checks the first field of a struct that a caller has filled in: OAR_INVALID_ARGUMENT unless it is the size that this
// library was built with.
void check_struct_size(uint32_t found, size_t expected, const char* struct_name);

// The number in an enum that a caller has filled in, which may be outside the enum: reading such a value through its
// own type would be undefined behaviour.
template <class Enum>
int32_t enum_value(const Enum& field) {
  static_assert(sizeof(Enum) == sizeof(int32_t), "the enums of oarlock.h are 32 bits wide on every ABI of ours");
  int32_t value;
  std::memcpy(&value, &field, sizeof value);
  return value;
}

// The exception being handled as a status; its text becomes the calling thread's oar_last_error(). Only inside a catch
// block.
oar_status record_current_exception() noexcept;

// Runs body: OAR_OK when it returns, else the status of what it threw.
template <class Body>
oar_status guard(Body&& body) noexcept {
  try {
    body();
    return OAR_OK;
  } catch (...) {
    return record_current_exception();
  }
}

}  // namespace oarlock

#endif  // OARLOCK_SRC_STATUS_H_
