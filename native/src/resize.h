// Resizing fused with cropping: of the resized picture only the pixels inside a window are ever computed, and of the
// picture only those that they need are read and converted, so that a 4000 x 1 picture, which becomes 1024000 x 256 on
// its way to a crop of 224 x 224, costs no more than any other.
//
// The results are part of the contract: bilinear and nearest equal OpenCV's to the byte, bicubic is within 1 of it, and
// all three give the same bytes on every platform. They rest on IEEE arithmetic in which every operation rounds; the
// build therefore passes -ffp-contract=off, since a fused multiply-add rounds once where these formulas round twice.
#ifndef OARLOCK_SRC_RESIZE_H_
#define OARLOCK_SRC_RESIZE_H_

#include <cstdint>
#include <memory>

#include "oarlock.h"
#include "picture.h"

namespace oarlock {

// The window's rows of a resized picture.
class ResizedRows {
 public:
  virtual ~ResizedRows() = default;

  // Row `y` of the window, counted from its top: three planes, in the picture's order of colours, each of the window's
  // width. Valid until the next call. Rows may be asked for in any order; from the top down is cheapest, since
  // neighbours share work.
  virtual const uint8_t* read(int64_t y) = 0;
};

// `picture` resized to `size`, as far as it lies inside `window`, which must lie within `size`. The pixels are
// borrowed.
std::unique_ptr<ResizedRows> resize(const Picture& picture, Size size, const Window& window,
                                    oar_interpolation interpolation);

}  // namespace oarlock

#endif  // OARLOCK_SRC_RESIZE_H_
