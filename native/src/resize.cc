#include "resize.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "pixel_rows.h"
#include "resize_kernels.h"
#include "status.h"

namespace oarlock {
namespace {

// One axis of a resize.
struct Span {
  int64_t last;   // the last pixel of the source
  double step;    // pixels of the source for a pixel of the whole result
  int64_t first;  // the window's first pixel in the result
  int64_t count;  // the window's pixels
};

Span span(int64_t source, int64_t resized, int64_t first, int64_t count) {
  // OpenCV takes the reciprocal of the ratio's reciprocal.
  const double step = 1.0 / (static_cast<double>(resized) / static_cast<double>(source));
  return {source - 1, step, first, count};
}

// Appends `pixel` to an ascending list that may have it already.
void add_once(std::vector<int32_t>& pixels, int32_t pixel) {
  if (pixels.empty() || pixel > pixels.back()) pixels.push_back(pixel);
}

// Nearest neighbour, OpenCV's INTER_NEAREST: the pixel at floor(index * step).
class NearestRows : public ResizedRows {
 public:
  NearestRows(const Picture& picture, const Span& across, const Span& down)
      : down_(down), pixels_(picture, source_columns(across), source_rows(down)) {}

  const uint8_t* read(int64_t y) override { return pixels_.read(source_of(down_, y)); }

 private:
  static int32_t source_of(const Span& span, int64_t index) {
    const double position = std::floor(static_cast<double>(span.first + index) * span.step);
    return static_cast<int32_t>(std::min(static_cast<int64_t>(position), span.last));
  }

  static std::vector<int32_t> source_columns(const Span& across) {
    std::vector<int32_t> columns(static_cast<size_t>(across.count));
    for (size_t x = 0; x < columns.size(); ++x) columns[x] = source_of(across, static_cast<int64_t>(x));
    return columns;
  }

  static std::vector<int32_t> source_rows(const Span& down) {
    std::vector<int32_t> rows;
    for (int64_t y = 0; y < down.count; ++y) add_once(rows, source_of(down, y));
    return rows;
  }

  Span down_;
  PixelRows pixels_;
};

// Where the centre of a resized pixel lies in the source: between pixels `index` and `index + 1`.
struct Position {
  int64_t index;
  float fraction;
};

Position position_of(const Span& span, int64_t resized_index) {
  const auto position = static_cast<float>((static_cast<double>(span.first + resized_index) + 0.5) * span.step - 0.5);
  const float index = std::floor(position);
  return {static_cast<int64_t>(index), position - index};
}

// Rows blended from neighbouring source rows, each of which is first resized horizontally and then kept for as long as
// the next rows of the result need it.
template <class Kernel>
class BlendedRows : public ResizedRows {
 public:
  BlendedRows(const Picture& picture, const Span& across, const Span& down)
      : down_(down),
        width_(static_cast<size_t>(across.count)),
        weights_(column_weights(across)),
        pixels_(picture, source_columns(across), source_rows(down)),
        blended_(width_ * 3) {
    for (CachedRow& row : cache_) row.sums.resize(width_ * 3);
  }

  const uint8_t* read(int64_t y) override {
    const Position position = position_of(down_, y);
    std::array<const Sum*, kTaps> rows;
    for (int tap = 0; tap < kTaps; ++tap) rows[tap] = horizontal_sums(source_of(down_, position, tap));
    Kernel::blend(rows, Kernel::weights(position.fraction), blended_.size(), blended_.data());
    return blended_.data();
  }

 private:
  static constexpr int kTaps = Kernel::kTaps;
  using Sum = typename Kernel::Sum;

  struct CachedRow {
    int64_t index = -1;
    std::vector<Sum> sums;  // three planes, as in the result
  };

  static int32_t source_of(const Span& span, const Position& position, int tap) {
    return static_cast<int32_t>(std::clamp<int64_t>(position.index - Kernel::kBefore + tap, 0, span.last));
  }

  static Position column_position(const Span& across, size_t x) {
    const Position position = position_of(across, static_cast<int64_t>(x));
    if (Kernel::kClampsColumns && position.index < 0) return {0, 0.0F};
    if (Kernel::kClampsColumns && position.index >= across.last) return {across.last, 0.0F};
    return position;
  }

  // Columns and their weights have a plane for every tap, so that neighbours in memory are neighbours in the result.
  static std::vector<int32_t> source_columns(const Span& across) {
    const auto width = static_cast<size_t>(across.count);
    std::vector<int32_t> columns(width * kTaps);
    for (size_t x = 0; x < width; ++x) {
      const Position position = column_position(across, x);
      for (int tap = 0; tap < kTaps; ++tap) columns[tap * width + x] = source_of(across, position, tap);
    }
    return columns;
  }

  static std::vector<int16_t> column_weights(const Span& across) {
    const auto width = static_cast<size_t>(across.count);
    std::vector<int16_t> weights(width * kTaps);
    for (size_t x = 0; x < width; ++x) {
      const typename Kernel::Weights taps = Kernel::weights(column_position(across, x).fraction);
      for (int tap = 0; tap < kTaps; ++tap) weights[tap * width + x] = taps[tap];
    }
    return weights;
  }

  static std::vector<int32_t> source_rows(const Span& down) {
    std::vector<int32_t> rows;
    for (int64_t y = 0; y < down.count; ++y) {
      const Position position = position_of(down, y);
      for (int tap = 0; tap < kTaps; ++tap) add_once(rows, source_of(down, position, tap));
    }
    return rows;
  }

  // A blend takes at most kTaps rows, and neighbouring ones, so that index % kTaps gives each a place of its own.
  const Sum* horizontal_sums(int64_t index) {
    CachedRow& cached = cache_[static_cast<size_t>(index % kTaps)];
    if (cached.index != index) {
      const uint8_t* const planes = pixels_.read(index);
      for (size_t channel = 0; channel < 3; ++channel) {
        Kernel::sum_columns(planes + channel * kTaps * width_, weights_.data(), width_,
                            cached.sums.data() + channel * width_);
      }
      cached.index = index;
    }
    return cached.sums.data();
  }

  Span down_;
  size_t width_;
  std::vector<int16_t> weights_;
  PixelRows pixels_;
  std::array<CachedRow, kTaps> cache_;
  std::vector<uint8_t> blended_;
};

}  // namespace

std::unique_ptr<ResizedRows> resize(const Picture& picture, Size size, const Window& window,
                                    oar_interpolation interpolation) {
  const Span columns = span(picture.size.width, size.width, window.left, window.width);
  const Span rows = span(picture.size.height, size.height, window.top, window.height);
  switch (interpolation) {
    case OAR_INTERPOLATION_BILINEAR:
      return std::make_unique<BlendedRows<BilinearKernel>>(picture, columns, rows);
    case OAR_INTERPOLATION_BICUBIC:
      return std::make_unique<BlendedRows<BicubicKernel>>(picture, columns, rows);
    case OAR_INTERPOLATION_NEAREST:
      return std::make_unique<NearestRows>(picture, columns, rows);
  }
  fail(OAR_INTERNAL, "no interpolation ", interpolation);
}

}  // namespace oarlock
