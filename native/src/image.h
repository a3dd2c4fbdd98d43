// Pictures in one block of pixels, as a program has them that decoded a file.
#ifndef OARLOCK_SRC_IMAGE_H_
#define OARLOCK_SRC_IMAGE_H_

#include "oarlock.h"
#include "picture.h"

namespace oarlock {

// Checks every field of `image` (OAR_BAD_IMAGE, or OAR_INVALID_ARGUMENT for struct_size and NULL) and shows its pixels
// with the channels in `color` order.
Picture view_image(const oar_image& image, oar_color_order color);

}  // namespace oarlock

#endif  // OARLOCK_SRC_IMAGE_H_
