#include "resize.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "resize_kernels.h"
#include "status.h"

namespace oarlock {
namespace {

// Pixels of the source for a pixel of the result along one axis; OpenCV takes the reciprocal of the ratio's reciprocal.
double source_step(int64_t source, int64_t resized) {
  return 1.0 / (static_cast<double>(resized) / static_cast<double>(source));
}

// Nearest neighbour, OpenCV's INTER_NEAREST: the pixel at floor(index * step).
class NearestRows : public ResizedRows {
 public:
  NearestRows(const ImageView& image, Size size, const Window& window)
      : image_(image), top_(window.top), row_step_(source_step(image.size.height, size.height)) {
    const double column_step = source_step(image.size.width, size.width);
    offsets_.reserve(static_cast<size_t>(window.width));
    for (int64_t x = window.left; x < window.left + window.width; ++x) {
      offsets_.push_back(static_cast<int32_t>(nearest(x, column_step, image.size.width)) * image.pixel_bytes);
    }
  }

  void read(int64_t y, uint8_t* out) override {
    const uint8_t* const row = image_.row(nearest(top_ + y, row_step_, image_.size.height));
    const auto [channel0, channel1, channel2] = image_.channels;
    for (const int32_t offset : offsets_) {
      const uint8_t* const pixel = row + offset;
      out[0] = pixel[channel0];
      out[1] = pixel[channel1];
      out[2] = pixel[channel2];
      out += 3;
    }
  }

 private:
  static int64_t nearest(int64_t index, double step, int64_t side) {
    return std::min(static_cast<int64_t>(std::floor(static_cast<double>(index) * step)), side - 1);
  }

  ImageView image_;
  int64_t top_;
  double row_step_;
  std::vector<int32_t> offsets_;  // bytes from the start of a row to the pixel, by column of the window
};

// Where the centre of a resized pixel lies in the source: between pixels `index` and `index + 1`.
struct Position {
  int64_t index;
  float fraction;
};

Position position_of(int64_t resized_index, double step) {
  const auto position = static_cast<float>((static_cast<double>(resized_index) + 0.5) * step - 0.5);
  const float index = std::floor(position);
  return {static_cast<int64_t>(index), position - index};
}

// Rows blended from neighbouring source rows, each of which is first resized horizontally and then kept for as long as
// the next rows of the result need it.
template <class Kernel>
class BlendedRows : public ResizedRows {
 public:
  BlendedRows(const ImageView& image, Size size, const Window& window)
      : image_(image), top_(window.top), row_step_(source_step(image.size.height, size.height)) {
    const double column_step = source_step(image.size.width, size.width);
    columns_.reserve(static_cast<size_t>(window.width));
    for (int64_t x = window.left; x < window.left + window.width; ++x) {
      columns_.push_back(column_at(position_of(x, column_step)));
    }
    for (CachedRow& row : cache_) row.sums.resize(columns_.size() * 3);
  }

  void read(int64_t y, uint8_t* out) override {
    const Position position = position_of(top_ + y, row_step_);
    std::array<const Sum*, kTaps> rows;
    for (int tap = 0; tap < kTaps; ++tap) {
      rows[tap] = horizontal_sums(std::clamp<int64_t>(position.index - Kernel::kBefore + tap, 0, last_row()));
    }
    Kernel::blend(rows, Kernel::weights(position.fraction), columns_.size() * 3, out);
  }

 private:
  static constexpr int kTaps = Kernel::kTaps;
  using Sum = typename Kernel::Sum;

  struct Column {
    std::array<int32_t, kTaps> offsets;  // bytes from the start of a row to the pixels that take part
    typename Kernel::Weights weights;
  };

  struct CachedRow {
    int64_t index = -1;
    std::vector<Sum> sums;
  };

  int64_t last_row() const { return image_.size.height - 1; }

  Column column_at(Position position) const {
    const int64_t last = image_.size.width - 1;
    if (Kernel::kClampsColumns && position.index < 0) position = {0, 0.0F};
    if (Kernel::kClampsColumns && position.index >= last) position = {last, 0.0F};
    Column column;
    for (int tap = 0; tap < kTaps; ++tap) {
      const int64_t x = std::clamp<int64_t>(position.index - Kernel::kBefore + tap, 0, last);
      column.offsets[tap] = static_cast<int32_t>(x) * image_.pixel_bytes;
    }
    column.weights = Kernel::weights(position.fraction);
    return column;
  }

  // A blend takes at most kTaps rows, and neighbouring ones, so that index % kTaps gives each a place of its own.
  const Sum* horizontal_sums(int64_t index) {
    CachedRow& cached = cache_[static_cast<size_t>(index % kTaps)];
    if (cached.index != index) {
      fill(image_.row(index), cached.sums.data());
      cached.index = index;
    }
    return cached.sums.data();
  }

  void fill(const uint8_t* row, Sum* sums) const {
    const auto [channel0, channel1, channel2] = image_.channels;
    for (const Column& column : columns_) {
      int32_t sum0 = 0;
      int32_t sum1 = 0;
      int32_t sum2 = 0;
      for (int tap = 0; tap < kTaps; ++tap) {
        const uint8_t* const pixel = row + column.offsets[tap];
        const int32_t weight = column.weights[tap];
        sum0 += pixel[channel0] * weight;
        sum1 += pixel[channel1] * weight;
        sum2 += pixel[channel2] * weight;
      }
      sums[0] = Kernel::store(sum0);
      sums[1] = Kernel::store(sum1);
      sums[2] = Kernel::store(sum2);
      sums += 3;
    }
  }

  ImageView image_;
  int64_t top_;
  double row_step_;
  std::vector<Column> columns_;  // by column of the window
  std::array<CachedRow, kTaps> cache_;
};

}  // namespace

std::unique_ptr<ResizedRows> resize(const ImageView& image, Size size, const Window& window,
                                    oar_interpolation interpolation) {
  switch (interpolation) {
    case OAR_INTERPOLATION_BILINEAR:
      return std::make_unique<BlendedRows<BilinearKernel>>(image, size, window);
    case OAR_INTERPOLATION_BICUBIC:
      return std::make_unique<BlendedRows<BicubicKernel>>(image, size, window);
    case OAR_INTERPOLATION_NEAREST:
      return std::make_unique<NearestRows>(image, size, window);
  }
  fail(OAR_INTERNAL, "no interpolation ", interpolation);
}

}  // namespace oarlock
