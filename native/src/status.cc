#include "status.h"

#include <locale>
#include <new>
#include <sstream>

namespace oarlock {
namespace {

struct StatusText {
  oar_status status;
  const char* code;
  const char* message;
};

constexpr StatusText kStatusTexts[] = {
    {OAR_OK, "OAR-OK", "Everything went well."},
    {OAR_INVALID_ARGUMENT, "OAR-INVALID-ARGUMENT", "An argument is NULL or outside its range."},
    {OAR_NOT_FOUND, "OAR-NOT-FOUND", "There is no such file, variant, input or output."},
    {OAR_IO, "OAR-IO", "The operating system could not read a file."},
    {OAR_BAD_MODEL, "OAR-BAD-MODEL", "The file is not a sound Paddle Lite model (.nb)."},
    {OAR_VERSION_MISMATCH, "OAR-VERSION-MISMATCH",
     "The model or bundle has a version that this library or engine does not read."},
    {OAR_WRONG_TARGET, "OAR-WRONG-TARGET", "The model was optimised for another kind of processor."},
    {OAR_BAD_BUNDLE, "OAR-BAD-BUNDLE", "The bundle breaks its format or lacks a file."},
    {OAR_HASH_MISMATCH, "OAR-HASH-MISMATCH", "A file of the bundle is not the one that was recorded."},
    {OAR_BAD_SHAPE, "OAR-BAD-SHAPE", "The model does not take a tensor of this shape."},
    {OAR_BAD_DTYPE, "OAR-BAD-DTYPE", "The model does not take a tensor of this dtype."},
    {OAR_BAD_IMAGE, "OAR-BAD-IMAGE", "The pixels cannot be a picture, or not one that the preprocessing takes."},
    {OAR_NOT_FINITE, "OAR-NOT-FINITE", "There is NaN or infinity among the scores."},
    {OAR_ENGINE_UNAVAILABLE, "OAR-ENGINE-UNAVAILABLE", "The Paddle Lite library cannot be loaded."},
    {OAR_ENGINE_CONFLICT, "OAR-ENGINE-CONFLICT", "Another Paddle Lite library is already loaded in this process."},
    {OAR_ENGINE_FAILED, "OAR-ENGINE-FAILED", "Paddle Lite reported a failure or gave no result."},
    {OAR_OUT_OF_MEMORY, "OAR-OUT-OF-MEMORY", "There is not enough memory."},
    {OAR_NOT_A_CLASSIFIER, "OAR-NOT-A-CLASSIFIER", "The model of the bundle does not take pictures."},
    {OAR_INTERNAL, "OAR-INTERNAL", "A defect of Oarlock; please report it."},
    {OAR_UNSIGNED, "OAR-UNSIGNED", "The bundle has no signature."},
    {OAR_BAD_SIGNATURE, "OAR-BAD-SIGNATURE", "The bundle's signature is not a right one."},
    {OAR_WRONG_KEY, "OAR-WRONG-KEY", "The bundle was signed with another key."},
    {OAR_CHANGED_AFTER_SIGNING, "OAR-CHANGED-AFTER-SIGNING", "The bundle was changed after it was signed."},
    {OAR_BAD_KEY, "OAR-BAD-KEY", "The key is not an Ed25519 public key in PEM."},
    {OAR_NO_GOLDEN, "OAR-NO-GOLDEN", "The bundle has no golden cases, or no limit for what they show."},
};
constexpr size_t kStatusCount = sizeof kStatusTexts / sizeof kStatusTexts[0];

constexpr bool is_indexed_by_status() {
  for (size_t i = 0; i < kStatusCount; ++i) {
    if (static_cast<size_t>(kStatusTexts[i].status) != i) return false;
  }
  return true;
}
static_assert(kStatusCount == static_cast<size_t>(OAR_NO_GOLDEN) + 1, "a row for every oar_status");
static_assert(is_indexed_by_status(), "row i of kStatusTexts describes status i");

const StatusText& status_text(oar_status status) {
  const auto index = static_cast<size_t>(enum_value(status));
  return kStatusTexts[index < kStatusCount ? index : static_cast<size_t>(OAR_INTERNAL)];
}

// last_error is what oar_last_error() returns: the buffer, or a literal when there was no memory for the buffer.
thread_local std::string last_error_buffer;
thread_local const char* last_error = "";

void set_last_error(const char* message) noexcept {
  try {
    last_error_buffer = message;
    last_error = last_error_buffer.c_str();
  } catch (...) {
    last_error = "not enough memory for the message of the error";
  }
}

}  // namespace

void TextPart::write(std::ostream& stream) const {
  switch (kind_) {
    case Kind::kText:
      stream << text_;
      break;
    case Kind::kCharacter:
      stream << character_;
      break;
    case Kind::kReal:
      stream << real_;
      break;
    case Kind::kSigned:
      stream << signed_;
      break;
    case Kind::kUnsigned:
      stream << unsigned_;
      break;
  }
}

std::string join(std::initializer_list<TextPart> parts) {
  std::ostringstream stream;
  stream.imbue(std::locale::classic());
  for (const TextPart& part : parts) part.write(stream);
  return stream.str();
}

void fail_saying(oar_status status, std::initializer_list<TextPart> parts) { throw Error(status, join(parts)); }

void check_struct_size(uint32_t found, size_t expected, const char* struct_name) {
  if (found == expected) return;
  fail(OAR_INVALID_ARGUMENT, struct_name, ".struct_size is ", found, ", expected ", expected, ": set it to sizeof(",
       struct_name, ") of the oarlock.h that belongs to this library (", OARLOCK_VERSION, ")");
}

oar_status record_current_exception() noexcept {
  try {
    throw;
  } catch (const Error& error) {
    set_last_error(error.what());
    return error.status();
  } catch (const std::bad_alloc&) {
    set_last_error("not enough memory");
    return OAR_OUT_OF_MEMORY;
  } catch (const std::exception& error) {
    set_last_error(error.what());
    return OAR_INTERNAL;
  } catch (...) {
    set_last_error("an exception of unknown type");
    return OAR_INTERNAL;
  }
}

}  // namespace oarlock

extern "C" {

const char* oar_status_code(oar_status status) { return oarlock::status_text(status).code; }

const char* oar_status_message(oar_status status) { return oarlock::status_text(status).message; }

const char* oar_last_error(void) { return oarlock::last_error; }

const char* oar_version(void) { return OARLOCK_VERSION; }

}  // extern "C"
