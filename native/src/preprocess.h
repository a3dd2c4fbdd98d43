// From a picture to the input of a model, by an oar_preprocess_spec.
#ifndef OARLOCK_SRC_PREPROCESS_H_
#define OARLOCK_SRC_PREPROCESS_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "oarlock.h"
#include "picture.h"

namespace oarlock {

// The way that pictures of one size take.
struct Geometry {
  Window square;   // of the picture: what crop_fraction leaves
  Size resized;    // of the square
  Window cropped;  // of the resized square: what comes out
};

// Immutable; any number of threads may use it.
class Preprocessor {
 public:
  // OAR_INVALID_ARGUMENT naming the field that is out of its range.
  explicit Preprocessor(const oar_preprocess_spec& spec);

  // OAR_BAD_IMAGE when a picture of `size` is too small for a crop, or would become too large.
  Geometry geometry(Size size) const;

  // The order of colours that the specification asks for.
  oar_color_order color() const { return spec_.color; }

  // The functions of oarlock.h, for a picture in that order; the counts are those of the caller's buffer.
  void crop(const Picture& picture, uint8_t* out, size_t out_bytes) const;
  void run(const Picture& picture, float* out, size_t out_count) const;

 private:
  oar_preprocess_spec spec_;
  std::array<std::array<float, 256>, 3> values_;  // what a byte becomes, by channel
};

}  // namespace oarlock

#endif  // OARLOCK_SRC_PREPROCESS_H_
