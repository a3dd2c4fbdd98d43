#include "picture.h"

#include "status.h"

namespace oarlock {

void check_size(const char* what, Size size) {
  if (size.width < 1 || size.width > kMaxSide || size.height < 1 || size.height > kMaxSide) {
    fail(OAR_BAD_IMAGE, what, " is ", size.width, " x ", size.height, " pixels, expected sides of 1 to ", kMaxSide);
  }
}

Picture cut(const Picture& picture, const Window& window) {
  Picture part = picture;
  part.size = {window.width, window.height};
  part.columns.first = picture.columns(window.left);
  part.rows.first = picture.rows(window.top);
  return part;
}

}  // namespace oarlock
