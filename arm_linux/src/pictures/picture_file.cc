#include "pictures/picture_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "failure.h"
#include "pictures/formats.h"

namespace oarlock {
namespace app {
namespace {

constexpr size_t kMostBytes = size_t{1} << 30;
constexpr size_t kChunk = 1 << 16;

// A kind of file by its first bytes: where the mark lies, the mark, what to call it.
struct Mark {
  size_t offset;
  std::string_view bytes;
  const char* words;
};

using namespace std::string_view_literals;

// Pictures that py/oarlock reads.
const Mark kConvertible[] = {{0, "BM"sv, "a BMP picture"},     {0, "GIF87a"sv, "a GIF picture"},
                             {0, "GIF89a"sv, "a GIF picture"}, {0, "II*\0"sv, "a TIFF picture"},
                             {0, "MM\0*"sv, "a TIFF picture"}, {0, "II+\0"sv, "a TIFF picture"},
                             {8, "WEBP"sv, "a WebP picture"}};

// Pictures that nothing of ours reads.
const Mark kOthers[] = {{4, "ftypavi"sv, "an AVIF picture"},
                        {4, "ftyp"sv, "a HEIF picture or a video"},
                        {0, "\xff\x0a"sv, "a JPEG XL picture"},
                        {4, "JXL \r\n\x87\n"sv, "a JPEG XL picture"},
                        {4, "jP  \r\n\x87\n"sv, "a JPEG 2000 picture"},
                        {0, "MM\0+"sv, "a big-endian BigTIFF"},
                        {0, "8BPS"sv, "a Photoshop document"},
                        {0, "%PDF"sv, "a PDF document"},
                        {0, "%!PS"sv, "a PostScript document"},
                        {0, "<svg"sv, "an SVG drawing"},
                        {0, "\0\0\1\0"sv, "an icon"}};

bool bears(std::string_view beginning, const Mark& mark) {
  return beginning.size() >= mark.offset + mark.bytes.size() &&
         beginning.substr(mark.offset, mark.bytes.size()) == mark.bytes;
}

// The bytes as a C programmer writes them.
std::string quoted(std::string_view bytes) {
  std::string text = "'";
  for (const char c : bytes) {
    char escape[8];
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte >= 0x20 && byte < 0x7f && c != '\\' && c != '\'';
    std::snprintf(escape, sizeof escape, plain ? "%c" : "\\x%02x", byte);
    text += escape;
  }
  return text + "'";
}

[[noreturn]] void refuse(const std::string& name, std::string_view beginning) {
  const bool riff = beginning.substr(0, 4) == "RIFF"sv;
  for (const Mark& mark : kConvertible) {
    if (!bears(beginning, mark) || (mark.offset != 0 && !riff)) continue;
    fail_with("OAR-UNSUPPORTED-IMAGE", {name, ": is ", mark.words,
                                        ", which this program does not read, expected JPEG or PNG: convert it, "
                                        "or use `oarlock predict`"});
  }
  for (const Mark& mark : kOthers) {
    if (bears(beginning, mark)) {
      fail_with("OAR-BAD-IMAGE", {name, ": is ", mark.words, ", expected JPEG or PNG: convert it"});
    }
  }
  fail_with("OAR-BAD-IMAGE", {name, ": is not a picture of a known kind (it begins with ",
                              quoted(beginning.substr(0, 16)), "), expected JPEG or PNG"});
}

[[noreturn]] void fail_to_read(const std::string& name, int error) {
  if (error == ENOENT) fail_with("OAR-NOT-FOUND", {name, ": no such file"});
  if (error == EISDIR) fail_with("OAR-BAD-IMAGE", {name, ": is a folder, expected a picture file"});
  fail_with("OAR-IO", {name, ": cannot be read (", std::strerror(error), ")"});
}

class File {
 public:
  explicit File(const std::string& path) : standard_input_(path == "-") {
    descriptor_ = standard_input_ ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor_ < 0) fail_to_read(path, errno);
  }
  ~File() {
    if (!standard_input_) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  int descriptor() const { return descriptor_; }

 private:
  bool standard_input_;
  int descriptor_;
};

}  // namespace

Turn turn_of(int orientation) {
  constexpr Turn kTurns[] = {{0, false}, {0, true},   {180, false}, {180, true},
                             {90, true}, {90, false}, {270, true},  {270, false}};
  return kTurns[orientation >= 1 && orientation <= 8 ? orientation - 1 : 0];
}

bool has_picture_suffix(const std::string& name) {
  constexpr std::string_view kSuffixes[] = {".jpg", ".jpeg", ".jpe",  ".jfif", ".png",
                                            ".bmp", ".gif",  ".webp", ".tif",  ".tiff"};
  std::string lower = name;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::any_of(std::begin(kSuffixes), std::end(kSuffixes), [&](std::string_view suffix) {
    return lower.size() >= suffix.size() && lower.compare(lower.size() - suffix.size(), suffix.size(), suffix) == 0;
  });
}

StoredPicture decode_picture(const std::string& name, const uint8_t* data, size_t size, int64_t max_pixels) {
  if (size == 0) fail_with("OAR-BAD-IMAGE", {name, ": is empty, expected a picture"});
  const std::string_view beginning(reinterpret_cast<const char*>(data), std::min<size_t>(size, 16));
  const formats::Source source = {name, data, size, max_pixels};
  if (beginning.substr(0, 3) == "\xff\xd8\xff"sv) return formats::decode_jpeg(source);
  if (beginning.substr(0, 8) == "\x89PNG\r\n\x1a\n"sv) return formats::decode_png(source);
  refuse(name, beginning);
}

std::vector<uint8_t> read_picture_file(const std::string& path) {
  const std::string name = path == "-" ? "standard input" : path;
  const File file(path);
  struct stat status = {};
  if (::fstat(file.descriptor(), &status) != 0) fail_to_read(name, errno);
  if (S_ISDIR(status.st_mode)) fail_to_read(name, EISDIR);
  std::vector<uint8_t> content;
  // One byte more than a file has, so that its end is found without another reading into a larger buffer.
  const auto expected = static_cast<uint64_t>(S_ISREG(status.st_mode) ? status.st_size : 0);
  size_t filled = 0;
  for (;;) {
    if (filled > kMostBytes) {
      fail_with("OAR-IMAGE-TOO-LARGE",
                {name, ": has more than ", std::to_string(kMostBytes), " bytes, expected a picture"});
    }
    if (filled == content.size()) {
      const size_t first = static_cast<size_t>(std::min<uint64_t>(expected, kMostBytes)) + 1;
      content.resize(filled == 0 ? std::max(first, kChunk) : 2 * filled);
    }
    const ssize_t count = ::read(file.descriptor(), content.data() + filled, content.size() - filled);
    if (count < 0) fail_to_read(name, errno);
    if (count == 0) break;
    filled += static_cast<size_t>(count);
  }
  content.resize(filled);
  return content;
}

namespace formats {

void check_size(const Source& source, int64_t width, int64_t height) {
  constexpr int64_t kLongestSide = 1'000'000;  // that of oar_image
  if (width > kLongestSide || height > kLongestSide || width * height > source.max_pixels) {
    fail_with("OAR-IMAGE-TOO-LARGE", {source.name, ": has ", std::to_string(width), " x ", std::to_string(height),
                                      " pixels, expected at most ", std::to_string(source.max_pixels),
                                      " in all; a picture from a trusted source passes with a higher limit "
                                      "(--max-pixels)"});
  }
}

[[noreturn]] void fail_truncated(const Source& source, const char* kind) {
  fail_with("OAR-TRUNCATED-IMAGE", {source.name, ": ends too early, expected a whole ", kind, " picture"});
}

[[noreturn]] void fail_damaged(const Source& source, const char* kind, const std::string& reason) {
  fail_with("OAR-BAD-IMAGE", {source.name, ": is damaged, expected a whole ", kind, " picture (", reason, ")"});
}

}  // namespace formats
}  // namespace app
}  // namespace oarlock
