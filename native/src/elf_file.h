// What a shared library says of itself before any of its code runs.
#ifndef OARLOCK_SRC_ELF_FILE_H_
#define OARLOCK_SRC_ELF_FILE_H_

#include <string>

namespace oarlock {

// The soname of the ELF shared library `path`, "" when it has none. OAR_ENGINE_UNAVAILABLE when the file is no shared
// library, is one for another kind of processor, or ends before the segments that would be mapped (loading it would end
// in SIGBUS); OAR_NOT_FOUND and OAR_IO as in ByteSource.
std::string read_soname(const std::string& path);

}  // namespace oarlock

#endif  // OARLOCK_SRC_ELF_FILE_H_
