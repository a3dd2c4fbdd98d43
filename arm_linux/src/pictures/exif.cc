// Exif 2.32 puts a TIFF 6.0 structure into picture files.
#include <cstring>

#include "pictures/formats.h"

namespace oarlock {
namespace app {
namespace formats {
namespace {

constexpr uint16_t kOrientation = 0x0112;
constexpr size_t kEntryBytes = 12;
// Types of whole numbers.
constexpr uint16_t kShort = 3, kLong = 4, kSignedByte = 6, kSignedShort = 8, kSignedLong = 9;

class Tiff {
 public:
  Tiff(const uint8_t* data, size_t size) : data_(data), size_(size), little_(size >= 2 && data[0] == 'I') {}

  bool valid() const {
    return size_ >= 8 && data_[0] == data_[1] && (data_[0] == 'I' || data_[0] == 'M') && number(2, 2) == 42;
  }
  bool holds(uint64_t offset, uint64_t bytes) const { return offset <= size_ && bytes <= size_ - offset; }
  // An unsigned number of `bytes` at an offset that holds() it.
  uint32_t number(uint64_t offset, size_t bytes) const {
    uint32_t value = 0;
    for (size_t i = 0; i < bytes; ++i) value = value << 8 | data_[offset + (little_ ? bytes - 1 - i : i)];
    return value;
  }

 private:
  const uint8_t* data_;
  size_t size_;
  bool little_;
};

size_t bytes_of(uint16_t type) {
  switch (type) {
    case kSignedByte:
      return 1;
    case kShort:
    case kSignedShort:
      return 2;
    case kLong:
    case kSignedLong:
      return 4;
    default:
      return 0;
  }
}

}  // namespace

int exif_orientation(const uint8_t* data, size_t size) {
  const Tiff tiff(data, size);
  if (!tiff.valid()) return 1;
  const uint64_t directory = tiff.number(4, 4);
  if (!tiff.holds(directory, 2)) return 1;
  const uint32_t count = tiff.number(directory, 2);
  for (uint32_t i = 0; i < count; ++i) {
    const uint64_t entry = directory + 2 + i * kEntryBytes;
    if (!tiff.holds(entry, kEntryBytes)) return 1;
    if (tiff.number(entry, 2) != kOrientation) continue;
    const size_t bytes = bytes_of(static_cast<uint16_t>(tiff.number(entry + 2, 2)));
    const uint64_t values = tiff.number(entry + 4, 4);
    if (bytes == 0 || values == 0) return 1;
    // Up to four bytes of values lie in the entry itself.
    const uint64_t place = values * bytes <= 4 ? entry + 8 : tiff.number(entry + 8, 4);
    if (!tiff.holds(place, values * bytes)) return 1;
    const uint32_t orientation = tiff.number(place, bytes);
    return orientation >= 1 && orientation <= 8 ? static_cast<int>(orientation) : 1;
  }
  return 1;
}

}  // namespace formats
}  // namespace app
}  // namespace oarlock
