// What the decoders of this folder share.
#ifndef OARLOCK_ARM_LINUX_PICTURES_FORMATS_H_
#define OARLOCK_ARM_LINUX_PICTURES_FORMATS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "pictures/picture_file.h"

namespace oarlock {
namespace app {
namespace formats {

// A file in memory, borrowed.
struct Source {
  const std::string& name;
  const uint8_t* data;
  size_t size;
  int64_t max_pixels;
};

// Failure as decode_picture() has it.
StoredPicture decode_jpeg(const Source& source);
StoredPicture decode_png(const Source& source);

// The orientation, 1 to 8, in a TIFF structure with EXIF data: tag 0x0112 of its first directory. 1 where there is
// none, or where it is damaged.
int exif_orientation(const uint8_t* tiff, size_t size);

// OAR-IMAGE-TOO-LARGE above source.max_pixels.
void check_size(const Source& source, int64_t width, int64_t height);
// `kind` is "JPEG" or "PNG"; `reason` is in the decoder's words.
[[noreturn]] void fail_truncated(const Source& source, const char* kind);
[[noreturn]] void fail_damaged(const Source& source, const char* kind, const std::string& reason);

}  // namespace formats
}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_PICTURES_FORMATS_H_
