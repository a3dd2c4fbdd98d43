// Rows of pixels out of a picture, fetched and converted as they are asked for.
#ifndef OARLOCK_SRC_PIXEL_ROWS_H_
#define OARLOCK_SRC_PIXEL_ROWS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "picture.h"

namespace oarlock {

// The pixels of a picture in chosen rows and columns; the others are neither read nor converted. Holds a few rows of
// them, at most about 64 KiB or one row.
class PixelRows {
 public:
  // The columns in the order wanted, repeated as often as wanted; the rows ascending, each once. The pixels are
  // borrowed.
  PixelRows(const Picture& picture, const std::vector<int32_t>& columns, std::vector<int32_t> rows);

  // One of the chosen rows: three planes of one byte for every chosen column, in the picture's order of colours. Valid
  // until the next call. Any order of rows; ascending is cheapest.
  const uint8_t* read(int64_t row);

 private:
  void sample(size_t first);

  Picture picture_;
  size_t count_;  // of columns
  // By channel and chosen column, how many bytes the sample is from the start of the row.
  std::array<std::vector<ptrdiff_t>, 3> offsets_;
  std::vector<int32_t> rows_;
  size_t block_rows_;  // how many of rows_ are sampled at once
  size_t block_first_;
  std::vector<uint8_t> samples_;    // of those rows, each three planes
  std::vector<uint8_t> converted_;  // the row read last, where the samples are not colours
};

}  // namespace oarlock

#endif  // OARLOCK_SRC_PIXEL_ROWS_H_
