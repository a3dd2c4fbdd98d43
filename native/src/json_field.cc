#include "json_field.h"

#include <cmath>
#include <limits>
#include <set>
#include <utility>

namespace oarlock {
namespace {

using json = nlohmann::ordered_json;

constexpr int kDeepest = 32;
// A look-up in an object takes a time proportional to its size.
constexpr size_t kMostKeys = 4096;
constexpr size_t kLongestExcerpt = 60;

std::string excerpt(const json& value) {
  std::string shown = value.dump(-1, ' ', true, json::error_handler_t::replace);
  if (shown.size() > kLongestExcerpt) shown = shown.substr(0, kLongestExcerpt) + "…";
  return shown;
}

std::string quoted(std::initializer_list<const char*> choices) {
  std::string result;
  for (const char* choice : choices) result += text(result.empty() ? "" : ", ", "\"", choice, "\"");
  return result;
}

}  // namespace

json parse_json(const std::string& text, const std::string& file, oar_status status) {
  // Where nlohmann's parser would stop, or begin later, and others would not.
  if (text.find('\0') != std::string::npos) fail(status, file, ": is no JSON: holds a NUL byte");
  if (text.rfind("\xef\xbb\xbf", 0) == 0) fail(status, file, ": is no JSON: begins with a byte order mark");
  std::vector<std::set<std::string>> keys;
  const auto watch = [&](int depth, json::parse_event_t event, json& parsed) {
    if (depth > kDeepest) fail(status, file, ": nests deeper than ", kDeepest);
    if (event == json::parse_event_t::object_start) keys.emplace_back();
    if (event == json::parse_event_t::object_end) keys.pop_back();
    if (event == json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second) {
      fail(status, file, ": has the key ", excerpt(parsed), " twice in one object");
    }
    if (event == json::parse_event_t::key && keys.back().size() > kMostKeys) {
      fail(status, file, ": has an object of more than ", kMostKeys, " keys");
    }
    return true;
  };
  try {
    return json::parse(text, watch);
  } catch (const json::exception& error) {
    fail(status, file, ": is no JSON: ", error.what());
  }
}

JsonField::JsonField(const json& root, const std::string& file, oar_status status)
    : value_(&root), file_(&file), status_(status) {}

JsonField::JsonField(const JsonField& parent, const json& value, std::string where)
    : value_(&value), file_(parent.file_), where_(std::move(where)), status_(parent.status_) {}

void JsonField::expected(const std::string& what) const { bad("is ", excerpt(*value_), ", expected ", what); }

std::string JsonField::string() const {
  if (!value_->is_string()) expected("a string");
  return value_->get<std::string>();
}

std::string JsonField::non_empty_string() const {
  const std::string value = string();
  if (value.empty()) expected("a string that is not empty");
  return value;
}

int64_t JsonField::integer(int64_t smallest, int64_t largest) const {
  const bool fits = value_->is_number_integer() &&
                    (!value_->is_number_unsigned() || value_->get<uint64_t>() <= static_cast<uint64_t>(INT64_MAX));
  if (!fits || value_->get<int64_t>() < smallest || value_->get<int64_t>() > largest) {
    expected(text("a whole number from ", smallest, " to ", largest));
  }
  return value_->get<int64_t>();
}

double JsonField::number() const {
  if (!value_->is_number() || !std::isfinite(value_->get<double>())) expected("a number");
  return value_->get<double>();
}

bool JsonField::boolean() const {
  if (!value_->is_boolean()) expected("true or false");
  return value_->get<bool>();
}

size_t JsonField::one_of(std::initializer_list<const char*> choices) const {
  if (value_->is_string()) {
    size_t index = 0;
    for (const char* choice : choices) {
      if (value_->get_ref<const std::string&>() == choice) return index;
      ++index;
    }
  }
  expected("one of " + quoted(choices));
}

std::vector<JsonField> JsonField::items(size_t least, size_t most) const {
  if (!value_->is_array()) expected("an array");
  if (value_->size() < least || value_->size() > most) {
    bad("has ", value_->size(), " entries, expected ", least == most ? text(least) : text(least, " to ", most));
  }
  std::vector<JsonField> result;
  for (const json& item : *value_) result.push_back(JsonField(*this, item, text(where_, "[", result.size(), "]")));
  return result;
}

const JsonField& JsonField::object(std::initializer_list<const char*> required,
                                   std::initializer_list<const char*> optional) const {
  if (!value_->is_object()) expected("an object");
  std::set<std::string> known(optional.begin(), optional.end());
  for (const char* key : required) {
    if (!value_->contains(key)) bad("lacks the key \"", key, "\"");
    known.insert(key);
  }
  for (const auto& [key, member] : value_->items()) {
    if (known.count(key) == 0) bad("has the key ", excerpt(key), ", which the format does not know");
  }
  return *this;
}

std::vector<std::pair<std::string, JsonField>> JsonField::entries() const {
  if (!value_->is_object()) expected("an object");
  std::vector<std::pair<std::string, JsonField>> result;
  for (const auto& [key, member] : value_->items()) {
    result.emplace_back(key, JsonField(*this, member, text(where_, "[", excerpt(key), "]")));
  }
  return result;
}

JsonField JsonField::operator[](const char* key) const {
  return JsonField(*this, value_->at(key), where_.empty() ? key : where_ + "." + key);
}

void check_format(const JsonField& root, const char* format, int64_t version) {
  root.entries();
  if (!root.has("format")) root.bad("lacks the key \"format\", expected \"", format, "\" there");
  root["format"].one_of({format});
  if (!root.has("format_version")) root.bad("lacks the key \"format_version\"");
  const int64_t found = root["format_version"].integer(1, std::numeric_limits<int64_t>::max());
  if (found != version) {
    fail(OAR_VERSION_MISMATCH, root.file(), ": format_version is ", found, ", this Oarlock (", OARLOCK_VERSION,
         ") reads ", version, ": use a newer Oarlock");
  }
}

}  // namespace oarlock
