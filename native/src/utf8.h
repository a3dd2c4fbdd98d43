// UTF-8 (RFC 3629).
#ifndef OARLOCK_SRC_UTF8_H_
#define OARLOCK_SRC_UTF8_H_

#include <string_view>

namespace oarlock {

// Whether the bytes are UTF-8 in its shortest form, without surrogates, and hold no NUL.
bool is_utf8_text(std::string_view bytes);

}  // namespace oarlock

#endif  // OARLOCK_SRC_UTF8_H_
