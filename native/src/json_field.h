// Reading JSON that must have a certain form, with the place in every complaint.
#ifndef OARLOCK_SRC_JSON_FIELD_H_
#define OARLOCK_SRC_JSON_FIELD_H_

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "oarlock.h"
#include "status.h"

namespace oarlock {

// Parses text; `file` begins every message. The given status for text that is no JSON, has the same key twice in an
// object, nests deeper than 32, or has more than 4096 keys in an object.
nlohmann::ordered_json parse_json(const std::string& text, const std::string& file, oar_status status);

// A value in a JSON document and the way to it, "variants[0].size". Every function fails with the document's status
// when the value is not what it asks for, and says what was found and what was expected. It borrows the document.
class JsonField {
 public:
  JsonField(const nlohmann::ordered_json& root, const std::string& file, oar_status status);

  bool is_null() const { return value_->is_null(); }
  std::string string() const;
  std::string non_empty_string() const;
  int64_t integer(int64_t smallest, int64_t largest) const;
  double number() const;
  bool boolean() const;
  // The index of the value among the given strings.
  size_t one_of(std::initializer_list<const char*> choices) const;
  // An array of at least `least` and at most `most` entries.
  std::vector<JsonField> items(size_t least, size_t most) const;
  // An object with all of the `required` keys and none but those and the `optional` ones.
  const JsonField& object(std::initializer_list<const char*> required,
                          std::initializer_list<const char*> optional = {}) const;
  // An object of any keys: key and value, by key.
  std::vector<std::pair<std::string, JsonField>> entries() const;
  // A member of an object, whose presence object() has checked.
  JsonField operator[](const char* key) const;
  bool has(const char* key) const { return value_->contains(key); }
  const std::string& file() const { return *file_; }

  // Fails because the value, which the message shows, is not `what`.
  [[noreturn]] void expected(const std::string& what) const;
  // Fails with any other complaint about the value.
  template <class... Parts>
  [[noreturn]] void bad(const Parts&... parts) const {
    fail(status_, *file_, ": ", where_.empty() ? "the document" : where_, " ", parts...);
  }

 private:
  JsonField(const JsonField& parent, const nlohmann::ordered_json& value, std::string where);

  const nlohmann::ordered_json* value_;
  const std::string* file_;
  std::string where_;
  oar_status status_;
};

// Checks the keys "format" and "format_version" of a document, before everything else: another version may have any
// form. OAR_VERSION_MISMATCH for a version other than the one that is read.
void check_format(const JsonField& root, const char* format, int64_t version);

}  // namespace oarlock

#endif  // OARLOCK_SRC_JSON_FIELD_H_
