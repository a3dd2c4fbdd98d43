// Frames as cameras give them.
#ifndef OARLOCK_SRC_FRAME_H_
#define OARLOCK_SRC_FRAME_H_

#include "oarlock.h"
#include "picture.h"

namespace oarlock {

// Checks every field of `frame` against the bytes of its planes (OAR_BAD_IMAGE; OAR_INVALID_ARGUMENT for struct_size,
// NULL, rotation, mirror and range) and shows it upright, the channels in `color` order. No pixel is read.
Picture view_frame(const oar_frame& frame, oar_color_order color);

}  // namespace oarlock

#endif  // OARLOCK_SRC_FRAME_H_
