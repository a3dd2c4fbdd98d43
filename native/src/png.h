// The golden pictures of a bundle: PNG files whose data are stored, not compressed, so that they are read without a
// library for that.
#ifndef OARLOCK_SRC_PNG_H_
#define OARLOCK_SRC_PNG_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "byte_source.h"
#include "oarlock.h"

namespace oarlock {

struct PngPicture {
  int32_t width = 0;
  int32_t height = 0;
  std::vector<uint8_t> pixels;  // height x width x 3, RGB.

  // Borrowed.
  oar_image image() const;
};

// Reads a PNG of 8-bit RGB without interlacing whose zlib stream has stored blocks only (ISO/IEC 15948; RFC 1950 and
// 1951), with any of the five filters. nullopt for a picture that is compressed. OAR_BAD_BUNDLE for everything else;
// OAR_IO. The sums in the file are not looked at: a bundle has a better one. No more memory is taken than some copies
// of the file.
std::optional<PngPicture> read_stored_png(const ByteSource& file);

}  // namespace oarlock

#endif  // OARLOCK_SRC_PNG_H_
