#include "file_hash.h"

#include <algorithm>
#include <vector>

#include "sha256.h"

namespace oarlock {

std::string sha256_hex(const ByteSource& source) {
  constexpr size_t kPiece = size_t{1} << 18;
  Sha256 hash;
  std::vector<unsigned char> piece(std::min<uint64_t>(source.size(), kPiece));
  for (uint64_t offset = 0; offset < source.size();) {
    const size_t count = std::min<uint64_t>(source.size() - offset, piece.size());
    source.read(offset, piece.data(), count);
    hash.update(piece.data(), count);
    offset += count;
  }
  return hash.finish();
}

}  // namespace oarlock
