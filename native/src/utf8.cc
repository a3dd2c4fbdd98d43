#include "utf8.h"

#include <cstddef>

namespace oarlock {
namespace {

// The length of the character that begins with `first`, 0 when none does; `least` and `most` bound its second byte,
// which is where long forms, surrogates and numbers beyond Unicode show (RFC 3629, section 4).
size_t length_of(unsigned char first, unsigned char& least, unsigned char& most) {
  least = 0x80;
  most = 0xbf;
  if (first >= 0x01 && first <= 0x7f) return 1;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) {
    if (first == 0xe0) least = 0xa0;
    if (first == 0xed) most = 0x9f;
    return 3;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if (first == 0xf0) least = 0x90;
    if (first == 0xf4) most = 0x8f;
    return 4;
  }
  return 0;
}

}  // namespace

bool is_utf8_text(std::string_view bytes) {
  while (!bytes.empty()) {
    unsigned char least, most;
    const size_t length = length_of(static_cast<unsigned char>(bytes[0]), least, most);
    if (length == 0 || length > bytes.size()) return false;
    for (size_t i = 1; i < length; ++i) {
      const auto byte = static_cast<unsigned char>(bytes[i]);
      if (byte < least || byte > most) return false;
      least = 0x80;
      most = 0xbf;
    }
    bytes.remove_prefix(length);
  }
  return true;
}

}  // namespace oarlock
