// SHA-256 of files.
#ifndef OARLOCK_SRC_FILE_HASH_H_
#define OARLOCK_SRC_FILE_HASH_H_

#include <string>

#include "byte_source.h"

namespace oarlock {

// Of the whole file or memory, read in pieces; lower-case hexadecimal.
std::string sha256_hex(const ByteSource& source);

}  // namespace oarlock

#endif  // OARLOCK_SRC_FILE_HASH_H_
