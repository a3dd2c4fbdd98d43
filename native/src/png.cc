#include "png.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "picture.h"
#include "status.h"

namespace oarlock {
namespace {

constexpr std::string_view kSignature("\x89PNG\r\n\x1a\n", 8);
constexpr size_t kPixelBytes = 3;

using Bytes = std::vector<uint8_t>;

[[noreturn]] void bad(const ByteSource& file, const char* what) {
  fail(OAR_BAD_BUNDLE, file.name(), ": ", what,
       ", expected an 8-bit RGB PNG; make the bundle again with `oarlock opt`");
}

uint32_t big_endian(const uint8_t* bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | bytes[3];
}

// The fields of IHDR, and the content of all IDAT chunks one after another.
struct Chunks {
  int32_t width = 0;
  int32_t height = 0;
  Bytes stream;
};

void read_header(const ByteSource& file, uint64_t offset, uint32_t length, Chunks& chunks) {
  uint8_t header[13];
  if (length != sizeof header) bad(file, "has a PNG header of another size");
  file.read(offset, header, sizeof header);
  const uint32_t width = big_endian(header), height = big_endian(header + 4);
  if (width < 1 || height < 1 || width > kMaxSide || height > kMaxSide) bad(file, "has sides that no picture has");
  constexpr uint8_t kRgb[] = {8, 2, 0, 0, 0};  // Bits, colour type, compression, filters, interlacing.
  if (std::memcmp(header + 8, kRgb, sizeof kRgb) != 0) bad(file, "is another kind of PNG");
  chunks.width = static_cast<int32_t>(width);
  chunks.height = static_cast<int32_t>(height);
}

Chunks read_chunks(const ByteSource& file) {
  char signature[kSignature.size()];
  if (file.size() < sizeof signature) bad(file, "is too short");
  file.read(0, signature, sizeof signature);
  if (std::string_view(signature, sizeof signature) != kSignature) bad(file, "is no PNG");
  Chunks chunks;
  constexpr uint64_t kFrame = 12;  // Length and name before a chunk's content, the sum behind it.
  for (uint64_t offset = kSignature.size(); file.size() - offset >= kFrame;) {
    uint8_t frame[8];
    file.read(offset, frame, sizeof frame);
    const uint32_t length = big_endian(frame);
    const std::string_view name(reinterpret_cast<const char*>(frame) + 4, 4);
    if (length > file.size() - offset - kFrame) bad(file, "ends within a chunk");
    if ((name == "IHDR") != (chunks.width == 0)) bad(file, "has its PNG header at another place than the beginning");
    if (name == "IHDR") {
      read_header(file, offset + 8, length, chunks);
    } else if (name == "IDAT") {
      const size_t known = chunks.stream.size();
      chunks.stream.resize(known + length);
      file.read(offset + 8, chunks.stream.data() + known, length);
    } else if (name == "IEND") {
      return chunks;
    }
    offset += kFrame + length;
  }
  bad(file, "ends before the PNG does");
}

// What the stored blocks of a zlib stream hold; nullopt when one is compressed.
std::optional<Bytes> stored(const ByteSource& file, const Bytes& stream) {
  if (stream.size() < 2 || (stream[0] & 0x0f) != 8 || (stream[0] << 8 | stream[1]) % 31 != 0 || stream[1] & 0x20) {
    bad(file, "has no zlib stream in it");
  }
  Bytes content;
  for (size_t offset = 2;;) {
    if (offset >= stream.size()) bad(file, "ends within its zlib stream");
    const uint8_t kind = stream[offset];
    if ((kind & 0x06) != 0) return std::nullopt;
    if (stream.size() - offset < 5) bad(file, "ends within its zlib stream");
    const uint8_t* const sizes = stream.data() + offset + 1;
    const size_t length = sizes[0] | size_t{sizes[1]} << 8;
    if (length != (static_cast<size_t>(~sizes[2] & 0xff) | static_cast<size_t>(~sizes[3] & 0xff) << 8)) {
      bad(file, "has a zlib block whose size contradicts itself");
    }
    offset += 5;
    if (length > stream.size() - offset) bad(file, "ends within its zlib stream");
    content.insert(content.end(), stream.begin() + static_cast<ptrdiff_t>(offset),
                   stream.begin() + static_cast<ptrdiff_t>(offset + length));
    offset += length;
    if (kind & 0x01) return content;
  }
}

// ISO/IEC 15948, 9.4: whichever of left, above and corner is nearest to left + above - corner.
uint8_t paeth(int left, int above, int corner) {
  const int estimate = left + above - corner;
  const int to_left = std::abs(estimate - left), to_above = std::abs(estimate - above);
  const int to_corner = std::abs(estimate - corner);
  if (to_left <= to_above && to_left <= to_corner) return static_cast<uint8_t>(left);
  return static_cast<uint8_t>(to_above <= to_corner ? above : corner);
}

// Undoes the filter of one row; `above` is the row before, zeros for the first.
void unfilter(const ByteSource& file, uint8_t filter, const uint8_t* filtered, const uint8_t* above, uint8_t* row,
              size_t size) {
  for (size_t i = 0; i < size; ++i) {
    const uint8_t left = i < kPixelBytes ? 0 : row[i - kPixelBytes];
    const uint8_t corner = i < kPixelBytes ? 0 : above[i - kPixelBytes];
    uint8_t predicted = 0;
    switch (filter) {
      case 0:
        break;
      case 1:
        predicted = left;
        break;
      case 2:
        predicted = above[i];
        break;
      case 3:
        predicted = static_cast<uint8_t>((left + above[i]) / 2);
        break;
      case 4:
        predicted = paeth(left, above[i], corner);
        break;
      default:
        bad(file, "has a row with an unknown filter");
    }
    row[i] = static_cast<uint8_t>(filtered[i] + predicted);
  }
}

}  // namespace

oar_image PngPicture::image() const {
  return {sizeof(oar_image), OAR_PIXEL_RGB, pixels.data(), width, height, int64_t{width} * 3};
}

std::optional<PngPicture> read_stored_png(const ByteSource& file) {
  const Chunks chunks = read_chunks(file);
  const std::optional<Bytes> content = stored(file, chunks.stream);
  if (!content) return std::nullopt;
  const size_t row = static_cast<size_t>(chunks.width) * kPixelBytes;
  const auto height = static_cast<size_t>(chunks.height);
  // Divided, so that sizes from the file cannot overflow.
  if (content->size() % (row + 1) != 0 || content->size() / (row + 1) != height) {
    bad(file, "has more or fewer rows than its PNG header says");
  }
  PngPicture picture{chunks.width, chunks.height, Bytes(row * height)};
  const Bytes zeros(row);
  for (size_t y = 0; y < height; ++y) {
    const uint8_t* const filtered = content->data() + y * (row + 1);
    uint8_t* const to = picture.pixels.data() + y * row;
    unfilter(file, filtered[0], filtered + 1, y == 0 ? zeros.data() : to - row, to, row);
  }
  return picture;
}

}  // namespace oarlock
