// PNG through libpng.
#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>

#include "failure.h"
#include "pictures/formats.h"

namespace oarlock {
namespace app {
namespace formats {
namespace {

constexpr const char* kKind = "PNG";
constexpr size_t kSignature = 8;
constexpr size_t kChunkFrame = 12;  // length, name and checksum
constexpr size_t kHeaderBytes = 13;

uint32_t big_endian(const uint8_t* bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | bytes[3];
}

// The checksum of PNG's chunks (ISO 3309).
uint32_t crc32(const uint8_t* data, size_t size) {
  uint32_t crc = 0xFFFFFFFF;
  for (size_t i = 0; i < size; ++i) {
    crc ^= data[i];
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (0xEDB88320u & (0u - (crc & 1)));
  }
  return ~crc;
}

// What the chunks around the pixels say. Their checksums are looked at here and not by libpng, which cannot be told to
// pass over those of the pixels alone: like Pillow, and as zlib has a checksum of its own.
struct Outline {
  uint32_t width = 0;
  uint32_t height = 0;
  int orientation = 1;
};

Outline read_outline(const Source& source) {
  Outline outline;
  bool pixels = false;
  for (size_t place = kSignature; place < source.size;) {
    const size_t left = source.size - place;
    const uint8_t* chunk = source.data + place;
    const size_t length = left < 4 ? 0 : big_endian(chunk);
    if (left < kChunkFrame || length > left - kChunkFrame) {
      // After the pixels nothing that matters is missing.
      if (pixels) break;
      fail_truncated(source, kKind);
    }
    const uint8_t* name = chunk + 4;
    const uint8_t* content = chunk + 8;
    const auto is = [name](const char* other) { return std::memcmp(name, other, 4) == 0; };
    if (is("IDAT")) {
      pixels = true;
    } else if (is("IEND")) {
      break;
    } else if (!pixels && crc32(name, length + 4) != big_endian(content + length)) {
      fail_damaged(source, kKind, "a wrong checksum in " + std::string(name, name + 4));
    }
    if (place == kSignature) {
      if (!is("IHDR") || length != kHeaderBytes) fail_damaged(source, kKind, "it does not begin with its header");
      outline.width = big_endian(content);
      outline.height = big_endian(content + 4);
    } else if (is("eXIf")) {
      outline.orientation = exif_orientation(content, length);
    }
    place += kChunkFrame + length;
  }
  if (outline.width == 0) fail_truncated(source, kKind);
  return outline;
}

// libpng is C: it ends by a jump over frames that hold nothing to be destroyed.
struct Decoder {
  png_structp png = nullptr;
  png_infop info = nullptr;
  const uint8_t* next = nullptr;
  size_t left = 0;
  bool truncated = false;
  char words[128] = "";
  int passes = 1;

  Decoder() = default;
  ~Decoder() { png_destroy_read_struct(&png, &info, nullptr); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
};

[[noreturn]] void give_up(png_structp png, png_const_charp words) {
  auto& decoder = *static_cast<Decoder*>(png_get_error_ptr(png));
  std::strncpy(decoder.words, words, sizeof decoder.words - 1);
  png_longjmp(png, 1);
}

void say_nothing(png_structp, png_const_charp) {}

void read_bytes(png_structp png, png_bytep out, png_size_t count) {
  auto& decoder = *static_cast<Decoder*>(png_get_io_ptr(png));
  if (count > decoder.left) {
    decoder.truncated = true;
    give_up(png, "it ends");
  }
  std::memcpy(out, decoder.next, count);
  decoder.next += count;
  decoder.left -= count;
}

// A pixel may name a colour beyond the palette; Pillow has grey levels there.
void complete_palette(png_structp png, png_infop info, int depth) {
  png_colorp found = nullptr;
  int count = 0;
  if (png_get_PLTE(png, info, &found, &count) == 0) return;
  png_color all[PNG_MAX_PALETTE_LENGTH];
  const int size = 1 << depth;
  for (int i = 0; i < size; ++i) {
    const auto grey = static_cast<png_byte>(i);
    all[i] = i < count ? found[i] : png_color{grey, grey, grey};
  }
  png_set_PLTE(png, info, all, size);
}

// The header, and what shall become of the pixels: 8 bits of R, G and B. False when it gave up.
bool read_header(Decoder& decoder) {
  if (setjmp(png_jmpbuf(decoder.png)) != 0) return false;
  png_set_read_fn(decoder.png, &decoder, read_bytes);
  png_set_crc_action(decoder.png, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);
  png_set_keep_unknown_chunks(decoder.png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);  // nor those that libpng knows
  png_set_user_limits(decoder.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_read_info(decoder.png, decoder.info);
  const int color = png_get_color_type(decoder.png, decoder.info);
  const int depth = png_get_bit_depth(decoder.png, decoder.info);
  if (depth == 16) png_set_strip_16(decoder.png);
  if (color == PNG_COLOR_TYPE_PALETTE) {
    complete_palette(decoder.png, decoder.info, depth);
    png_set_palette_to_rgb(decoder.png);
  }
  if (color == PNG_COLOR_TYPE_GRAY && depth < 8) png_set_expand_gray_1_2_4_to_8(decoder.png);
  if ((color & PNG_COLOR_MASK_COLOR) == 0) png_set_gray_to_rgb(decoder.png);
  png_set_strip_alpha(decoder.png);
  decoder.passes = png_set_interlace_handling(decoder.png);
  png_read_update_info(decoder.png, decoder.info);
  return true;
}

bool read_rows(Decoder& decoder, uint8_t* rgb, size_t row_bytes, uint32_t height) {
  if (setjmp(png_jmpbuf(decoder.png)) != 0) return false;
  for (int pass = 0; pass < decoder.passes; ++pass) {
    for (uint32_t y = 0; y < height; ++y) png_read_row(decoder.png, rgb + y * row_bytes, nullptr);
  }
  return true;
}

[[noreturn]] void fail(const Decoder& decoder, const Source& source) {
  if (decoder.truncated) fail_truncated(source, kKind);
  fail_damaged(source, kKind, decoder.words);
}

}  // namespace

StoredPicture decode_png(const Source& source) {
  const Outline outline = read_outline(source);
  check_size(source, outline.width, outline.height);
  Decoder decoder;
  decoder.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &decoder, give_up, say_nothing);
  if (decoder.png == nullptr || (decoder.info = png_create_info_struct(decoder.png)) == nullptr) throw std::bad_alloc();
  decoder.next = source.data;
  decoder.left = source.size;
  if (!read_header(decoder)) fail(decoder, source);
  const size_t row_bytes = png_get_rowbytes(decoder.png, decoder.info);
  if (row_bytes != size_t{outline.width} * 3) fail_damaged(source, kKind, "a row of a wrong size");
  StoredPicture picture;
  picture.width = static_cast<int32_t>(outline.width);
  picture.height = static_cast<int32_t>(outline.height);
  picture.orientation = outline.orientation;
  picture.rgb.resize(row_bytes * outline.height);
  if (!read_rows(decoder, picture.rgb.data(), row_bytes, outline.height)) fail(decoder, source);
  return picture;
}

}  // namespace formats
}  // namespace app
}  // namespace oarlock
