// PNG files without compression for tests.
#ifndef OARLOCK_TESTS_PNG_WRITER_H_
#define OARLOCK_TESTS_PNG_WRITER_H_

#include <cstdint>
#include <string>
#include <vector>

namespace oarlock {
namespace testing {

inline std::string big_endian(size_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

// The sum at its end is left zero: the core does not look at it.
inline std::string png_chunk(const std::string& name, const std::string& content) {
  return big_endian(content.size()) + name + content + std::string(4, '\0');
}

inline std::string png_header(size_t width, size_t height, const std::string& kind = std::string("\x08\x02\0\0\0", 5)) {
  return std::string("\x89PNG\r\n\x1a\n", 8) + png_chunk("IHDR", big_endian(width) + big_endian(height) + kind);
}

// A stored block, the last one of its stream.
inline std::string stored_block(const std::string& content) {
  const size_t size = content.size();
  return std::string("\x01", 1) + static_cast<char>(size) + static_cast<char>(size >> 8) + static_cast<char>(~size) +
         static_cast<char>(~size >> 8) + content;
}

inline std::string zlib_stream(const std::string& blocks) { return "\x78\x01" + blocks + std::string(4, '\0'); }

// Filtered rows, each beginning with the number of its filter.
inline std::string png_of_rows(size_t width, size_t height, const std::string& rows) {
  return png_header(width, height) + png_chunk("IDAT", zlib_stream(stored_block(rows))) + png_chunk("IEND", "");
}

// RGB pixels, height x width x 3.
inline std::string png_file(size_t width, size_t height, const std::vector<uint8_t>& pixels) {
  std::string rows;
  for (size_t y = 0; y < height; ++y) {
    rows += '\0';
    rows.append(reinterpret_cast<const char*>(pixels.data()) + y * width * 3, width * 3);
  }
  return png_of_rows(width, height, rows);
}

}  // namespace testing
}  // namespace oarlock

#endif  // OARLOCK_TESTS_PNG_WRITER_H_
