#include "pixel_rows.h"

#include <algorithm>
#include <utility>

namespace oarlock {
namespace {

constexpr size_t kBlockBytes = 65536;
constexpr size_t kMaxBlockRows = 16;

// In a picture turned by a quarter the pixels of a row lie far apart in memory, and those of a column side by side. A
// block of several rows then uses most of each cache line that it touches.
size_t block_rows(const Picture& picture, size_t columns) {
  const Channel& channel = picture.channels[0];
  if (channel.rows.stride >= channel.columns.stride) return 1;
  return std::clamp<size_t>(kBlockBytes / (3 * columns), 1, kMaxBlockRows);
}

// Half of the time that a frame takes is spent here. __restrict: a byte that is written might otherwise be part of an
// offset. Unrolled by hand: compilers do not where they cannot vectorise, and the counting would cost a third.
void gather_row(const uint8_t* __restrict row, const ptrdiff_t* __restrict offsets, size_t count,
                uint8_t* __restrict out) {
  constexpr size_t kUnrolled = 8;
  size_t i = 0;
  for (; i + kUnrolled <= count; i += kUnrolled) {
    for (size_t k = 0; k < kUnrolled; ++k) out[i + k] = row[offsets[i + k]];
  }
  for (; i < count; ++i) out[i] = row[offsets[i]];
}

void gather_block(const uint8_t* const* __restrict rows, size_t row_count, const ptrdiff_t* __restrict offsets,
                  size_t count, uint8_t* __restrict out, size_t out_stride) {
  for (size_t i = 0; i < count; ++i) {
    const ptrdiff_t offset = offsets[i];
    for (size_t k = 0; k < row_count; ++k) out[k * out_stride + i] = rows[k][offset];
  }
}

}  // namespace

PixelRows::PixelRows(const Picture& picture, const std::vector<int32_t>& columns, std::vector<int32_t> rows)
    : picture_(picture),
      count_(columns.size()),
      rows_(std::move(rows)),
      block_rows_(block_rows(picture, columns.size())),
      block_first_(rows_.size()),
      samples_(block_rows_ * count_ * 3),
      converted_(picture.yuv == nullptr ? 0 : count_ * 3) {
  for (size_t c = 0; c < 3; ++c) {
    const Spacing spacing = picture.channels[c].columns;
    offsets_[c].reserve(count_);
    for (const int32_t column : columns) {
      offsets_[c].push_back(static_cast<ptrdiff_t>(spacing.offset(picture.columns(column))));
    }
  }
}

const uint8_t* PixelRows::read(int64_t row) {
  const auto index = static_cast<size_t>(std::lower_bound(rows_.begin(), rows_.end(), row) - rows_.begin());
  const size_t first = index - index % block_rows_;
  if (first != block_first_) {
    sample(first);
    block_first_ = first;
  }
  const uint8_t* const samples = &samples_[(index - first) * count_ * 3];
  if (picture_.yuv == nullptr) return samples;

  uint8_t* const planes = converted_.data();
  const bool rgb = picture_.color == OAR_COLOR_RGB;
  yuv_to_rgb(*picture_.yuv, samples, samples + count_, samples + 2 * count_, count_, planes + (rgb ? 0 : 2 * count_),
             planes + count_, planes + (rgb ? 2 * count_ : 0));
  return planes;
}

void PixelRows::sample(size_t first) {
  const size_t rows = std::min(block_rows_, rows_.size() - first);
  for (size_t c = 0; c < 3; ++c) {
    const Channel& channel = picture_.channels[c];
    std::array<const uint8_t*, kMaxBlockRows> starts;
    for (size_t k = 0; k < rows; ++k) starts[k] = channel.data + channel.rows.offset(picture_.rows(rows_[first + k]));
    const ptrdiff_t* const offsets = offsets_[c].data();
    uint8_t* const plane = &samples_[c * count_];
    if (rows == 1) {
      gather_row(starts[0], offsets, count_, plane);
    } else {
      gather_block(starts.data(), rows, offsets, count_, plane, count_ * 3);
    }
  }
}

}  // namespace oarlock
