#include "nb_container.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "status.h"

namespace oarlock {
namespace {

constexpr uint16_t kMetaVersion = 2;
constexpr size_t kVersionBytes = 16;
constexpr uint64_t kHeaderBytes = 26;
// A program is some hundred kilobytes; this only keeps a forged size from asking for all the memory there is.
constexpr uint64_t kLargestProgram = uint64_t{64} << 20;
constexpr uint16_t kParamsHeaderBytes = 6;
constexpr uint32_t kParamOffset = 4;
// No FlatBuffers table fits into fewer bytes.
constexpr uint32_t kSmallestParam = 8;

// Reads fields one after another and knows where it is.
class Cursor {
 public:
  Cursor(const ByteSource& file, uint64_t offset) : file_(file), offset_(offset) {}

  uint64_t offset() const { return offset_; }
  uint64_t left() const { return file_.size() - offset_; }

  template <class T>
  T number(const char* what) {
    unsigned char bytes[sizeof(T)];
    take(what, bytes, sizeof bytes);
    uint64_t value = 0;
    for (size_t i = sizeof(T); i-- > 0;) value = value << 8 | bytes[i];
    return static_cast<T>(value);
  }

  void take(const char* what, void* out, size_t count) {
    if (count > left())
      fail(OAR_BAD_MODEL, file_.name(), ": is truncated: ends at offset ", file_.size(), " inside ", what);
    file_.read(offset_, out, count);
    offset_ += count;
  }

  NbSpan skip(uint64_t count) {
    const NbSpan span{offset_, count};
    offset_ += count;
    return span;
  }

 private:
  const ByteSource& file_;
  uint64_t offset_;
};

// What people give instead of a .nb file. Text is looked for at the beginning only.
void refuse_lookalikes(const ByteSource& file) {
  char head[64];
  const size_t count = std::min<uint64_t>(file.size(), sizeof head);
  file.read(0, head, count);
  const std::string_view text_of(head, count);
  const auto starts = [&](std::string_view prefix) { return text_of.substr(0, prefix.size()) == prefix; };
  if (count == 0) fail(OAR_BAD_MODEL, file.name(), ": is empty, expected a Paddle Lite model (.nb)");
  // A program of PaddlePaddle is a protobuf message that begins with field 1, its first block, whose first fields are
  // two small numbers.
  const size_t dot = file.name().rfind('.');
  const bool is_pdmodel = dot != std::string::npos && file.name().substr(dot) == ".pdmodel";
  if (is_pdmodel && head[0] == '\n') {
    fail(OAR_BAD_MODEL, file.name(),
         ": is a PaddlePaddle model, not one for Paddle Lite: make a bundle of it with `oarlock opt`");
  }
  if (starts("{")) {
    fail(OAR_BAD_MODEL, file.name(),
         ": is JSON text, not a Paddle Lite model (.nb); a PaddlePaddle inference.json becomes one with `oarlock opt`");
  }
  if (starts("PK\003\004")) fail(OAR_BAD_MODEL, file.name(), ": is a zip archive, not a Paddle Lite model (.nb)");
  const bool printable = std::all_of(text_of.begin(), text_of.end(), [](unsigned char c) {
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c != 0x7f);
  });
  const auto ascii = std::count_if(text_of.begin(), text_of.end(), [](unsigned char c) { return c < 0x80; });
  if (printable && 2 * static_cast<size_t>(ascii) > count)
    fail(OAR_BAD_MODEL, file.name(), ": is text, not a Paddle Lite model (.nb)");
}

std::string read_version(const ByteSource& file, Cursor& cursor) {
  char bytes[kVersionBytes];
  cursor.take("the optimiser's version", bytes, sizeof bytes);
  const std::string version(bytes, ::strnlen(bytes, sizeof bytes));
  const bool sound = version.size() < sizeof bytes &&
                     std::all_of(version.begin(), version.end(), [](unsigned char c) { return c > 0x20 && c < 0x7f; });
  if (!sound) fail(OAR_BAD_MODEL, file.name(), ": the optimiser's version at offset 2 is no NUL-ended text");
  return version;
}

NbSpan read_param(const ByteSource& file, Cursor& cursor, size_t index) {
  const uint64_t start = cursor.offset();
  const std::string what = text("parameter ", index);
  const auto total = cursor.number<uint32_t>(what.c_str());
  const auto offset = cursor.number<uint32_t>(what.c_str());
  if (offset != kParamOffset || total < kParamOffset + kSmallestParam) {
    fail(OAR_BAD_MODEL, file.name(), ": ", what, " at offset ", start, " gives its size as ", total,
         " and its offset as ", offset, ", expected an offset of ", kParamOffset, " and a size of at least ",
         kParamOffset + kSmallestParam);
  }
  const uint64_t bytes = total - kParamOffset;
  if (bytes > cursor.left()) {
    fail(OAR_BAD_MODEL, file.name(), ": is truncated: ", what, " at offset ", start, " has ", bytes,
         " bytes, of which ", cursor.left(), " are there");
  }
  return cursor.skip(bytes);
}

}  // namespace

NbContainer read_nb_container(const ByteSource& file) {
  refuse_lookalikes(file);
  NbContainer container;
  Cursor cursor(file, 0);
  container.meta_version = cursor.number<uint16_t>("the meta version");
  if (container.meta_version < kMetaVersion && file.size() >= kHeaderBytes) {
    fail(OAR_VERSION_MISMATCH, file.name(), ": meta version ", container.meta_version, ", expected ", kMetaVersion,
         ": a model of an old Paddle Lite, or no model; make it again with `oarlock opt`");
  }
  if (container.meta_version != kMetaVersion) {
    fail(OAR_BAD_MODEL, file.name(), ": is no Paddle Lite model (.nb): meta version ", container.meta_version,
         " at offset 0, expected ", kMetaVersion);
  }
  container.version = read_version(file, cursor);
  const auto program_size = cursor.number<uint64_t>("the size of the program");
  if (program_size > cursor.left()) {
    fail(OAR_BAD_MODEL, file.name(), ": is truncated or damaged: the program at offset ", cursor.offset(), " has ",
         program_size, " bytes, of which ", cursor.left(), " are there");
  }
  if (program_size > kLargestProgram) {
    fail(OAR_BAD_MODEL, file.name(), ": the program has ", program_size, " bytes, more than ", kLargestProgram);
  }
  container.program = cursor.skip(program_size);

  const uint64_t section = cursor.offset();
  const auto version = cursor.number<uint16_t>("the parameter section");
  const auto reserved = cursor.number<uint16_t>("the parameter section");
  const auto header = cursor.number<uint16_t>("the parameter section");
  if (version != 0 || reserved != 0 || header != kParamsHeaderBytes) {
    fail(OAR_BAD_MODEL, file.name(), ": the parameter section at offset ", section, " begins with ", version, ", ",
         reserved, ", ", header, ", expected 0, 0, ", kParamsHeaderBytes);
  }
  const auto count = cursor.number<uint16_t>("the parameter section");
  container.largest_param = cursor.number<uint32_t>("the parameter section");
  for (size_t i = 0; i < count; ++i) container.params.push_back(read_param(file, cursor, i));
  if (cursor.left() != 0) {
    fail(OAR_BAD_MODEL, file.name(), ": ", cursor.left(), " bytes follow the last of ", count, " parameters at offset ",
         cursor.offset(), ", where the file should end");
  }
  return container;
}

}  // namespace oarlock
