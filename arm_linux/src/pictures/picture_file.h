// JPEG and PNG files to RGB pixels: the same bytes, and the same codes for what is refused, as py/oarlock/images.py
// gives. Alpha is dropped, not blended; 16 bits a channel give their high byte; grey and palettes become RGB; colour
// profiles and gamma are ignored. What that module reads besides, other formats and CMYK, is refused with a sentence
// that says to convert.
#ifndef OARLOCK_ARM_LINUX_PICTURES_PICTURE_FILE_H_
#define OARLOCK_ARM_LINUX_PICTURES_PICTURE_FILE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace oarlock {
namespace app {

// Pixels as they lie in a file: rows from the top without gaps, 3 bytes R, G, B a pixel.
struct StoredPicture {
  int32_t width = 0;
  int32_t height = 0;
  int orientation = 1;  // EXIF's, 1 to 8 as the standard numbers them; 1, also where there is none, is upright
  std::vector<uint8_t> rgb;
};

// What makes stored pixels upright: a clockwise turn by `degrees`, then an exchange of left and right.
struct Turn {
  int32_t degrees;  // 0, 90, 180 or 270
  bool mirror;
};
Turn turn_of(int orientation);

// Endings of picture files in folders, in lower case: those of every kind that py/oarlock reads, so that a kind that
// this program does not read is told and not left out.
bool has_picture_suffix(const std::string& name);

// Decodes a picture file in memory; `name` stands for it in messages. One of more than `max_pixels` is refused before
// it is decoded. Any thread. Failure: OAR-BAD-IMAGE (not a picture, empty, damaged), OAR-TRUNCATED-IMAGE,
// OAR-UNSUPPORTED-IMAGE, OAR-IMAGE-TOO-LARGE. std::bad_alloc.
StoredPicture decode_picture(const std::string& name, const uint8_t* data, size_t size, int64_t max_pixels);

// The content of a file, or of standard input where `path` is "-", which messages then call "standard input". At most
// 1 GiB. Failure: OAR-NOT-FOUND, OAR-IO, OAR-BAD-IMAGE (a folder), OAR-IMAGE-TOO-LARGE (more bytes than that).
std::vector<uint8_t> read_picture_file(const std::string& path);

}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_PICTURES_PICTURE_FILE_H_
