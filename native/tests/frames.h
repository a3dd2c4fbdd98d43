// Camera frames for tests, every plane in a buffer of exactly its size, and what they show by a conversion that is as
// plain as can be.
#ifndef OARLOCK_TESTS_FRAMES_H_
#define OARLOCK_TESTS_FRAMES_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "oarlock.h"

namespace oarlock_test {

constexpr oar_frame_format kFrameFormats[] = {OAR_FRAME_NV21, OAR_FRAME_NV12, OAR_FRAME_I420, OAR_FRAME_YUV_420_888,
                                              OAR_FRAME_YUYV, OAR_FRAME_RGB,  OAR_FRAME_BGR,  OAR_FRAME_RGBA};

inline bool is_yuv(oar_frame_format format) { return format <= OAR_FRAME_YUYV; }

// A frame of random bytes, planes with gaps between the rows but none after the last.
class RandomFrame {
 public:
  RandomFrame(oar_frame_format format, int32_t width, int32_t height, uint32_t seed) : random_(seed) {
    frame_.struct_size = sizeof frame_;
    frame_.format = format;
    frame_.width = width;
    frame_.height = height;
    frame_.range = is_yuv(format) ? OAR_YUV_LIMITED : OAR_YUV_NONE;
    const int32_t half_width = (width + 1) / 2;
    const int32_t half_height = (height + 1) / 2;
    switch (format) {
      case OAR_FRAME_NV21:
      case OAR_FRAME_NV12:
        add_plane(0, width, height, 1, 1);
        add_plane(1, half_width, half_height, 2, 2);
        break;
      case OAR_FRAME_I420:
      case OAR_FRAME_YUV_420_888:
        add_plane(0, width, height, 1, 1);
        for (const size_t plane : {1, 2}) {
          const bool strided = format == OAR_FRAME_YUV_420_888 && random_() % 2 != 0;
          add_plane(plane, half_width, half_height, 1, strided ? 2 : 1);
        }
        break;
      case OAR_FRAME_YUYV:
        add_plane(0, half_width, height, 4, 4);
        break;
      case OAR_FRAME_RGB:
      case OAR_FRAME_BGR:
        add_plane(0, width, height, 3, 3);
        break;
      case OAR_FRAME_RGBA:
        add_plane(0, width, height, 4, 4);
        break;
    }
  }

  oar_frame& operator*() { return frame_; }
  oar_frame* operator->() { return &frame_; }

 private:
  void add_plane(size_t index, int32_t elements, int32_t rows, int32_t bytes, int32_t pixel_stride) {
    const int64_t row_bytes = int64_t{elements - 1} * pixel_stride + bytes;
    const int64_t row_stride = row_bytes + static_cast<int64_t>(random_() % 6);
    const auto size = static_cast<size_t>((rows - 1) * row_stride + row_bytes);
    memory_[index] = std::make_unique<uint8_t[]>(size);
    for (size_t i = 0; i < size; ++i) memory_[index][i] = static_cast<uint8_t>(random_());
    frame_.planes[index] = {memory_[index].get(), size, row_stride, pixel_stride};
  }

  std::mt19937 random_;
  std::unique_ptr<uint8_t[]> memory_[3];
  oar_frame frame_ = {};
};

struct Pixel {
  uint8_t rgb[3];
};

inline uint8_t clamped(int64_t value) { return static_cast<uint8_t>(std::clamp<int64_t>(value, 0, 255)); }

// By the formulas of oarlock.h; >> rounds down.
inline Pixel yuv_pixel(oar_yuv_range range, int64_t y, int64_t u, int64_t v) {
  u -= 128;
  v -= 128;
  if (range == OAR_YUV_FULL) {
    return {{clamped(y + ((91881 * v + 32768) >> 16)), clamped(y + ((-22554 * u - 46802 * v + 32768) >> 16)),
             clamped(y + ((116130 * u + 32768) >> 16))}};
  }
  y = std::max<int64_t>(y - 16, 0) * 1220542;
  return {{clamped((y + 1673527 * v + 524288) >> 20), clamped((y - 409993 * u - 852492 * v + 524288) >> 20),
           clamped((y + 2116026 * u + 524288) >> 20)}};
}

// The pixel at a place of the frame's memory.
inline Pixel pixel_at(const oar_frame& frame, int32_t column, int32_t row) {
  const auto sample = [&](size_t plane, int64_t x, int64_t y, int64_t offset) {
    const oar_plane& p = frame.planes[plane];
    return p.data[y * p.row_stride + x * p.pixel_stride + offset];
  };
  const int32_t x = column / 2;
  const int32_t y = row / 2;
  switch (frame.format) {
    case OAR_FRAME_NV21:
      return yuv_pixel(frame.range, sample(0, column, row, 0), sample(1, x, y, 1), sample(1, x, y, 0));
    case OAR_FRAME_NV12:
      return yuv_pixel(frame.range, sample(0, column, row, 0), sample(1, x, y, 0), sample(1, x, y, 1));
    case OAR_FRAME_I420:
    case OAR_FRAME_YUV_420_888:
      return yuv_pixel(frame.range, sample(0, column, row, 0), sample(1, x, y, 0), sample(2, x, y, 0));
    case OAR_FRAME_YUYV:
      return yuv_pixel(frame.range, sample(0, x, row, column % 2 * 2), sample(0, x, row, 1), sample(0, x, row, 3));
    case OAR_FRAME_BGR:
      return {{sample(0, column, row, 2), sample(0, column, row, 1), sample(0, column, row, 0)}};
    default:
      return {{sample(0, column, row, 0), sample(0, column, row, 1), sample(0, column, row, 2)}};
  }
}

inline int32_t upright_width(const oar_frame& frame) { return frame.rotation % 180 == 0 ? frame.width : frame.height; }
inline int32_t upright_height(const oar_frame& frame) { return frame.rotation % 180 == 0 ? frame.height : frame.width; }

// The whole frame as an upright picture, RGB.
inline std::vector<uint8_t> upright_rgb(const oar_frame& frame) {
  std::vector<uint8_t> rgb;
  const int32_t width = upright_width(frame);
  const int32_t height = upright_height(frame);
  rgb.reserve(static_cast<size_t>(width) * static_cast<size_t>(height) * 3);
  for (int32_t y = 0; y < height; ++y) {
    for (int32_t x = 0; x < width; ++x) {
      const int32_t turned_x = frame.mirror == 0 ? x : width - 1 - x;
      int32_t column = turned_x;
      int32_t row = y;
      if (frame.rotation == 90) column = y, row = width - 1 - turned_x;
      if (frame.rotation == 180) column = width - 1 - turned_x, row = height - 1 - y;
      if (frame.rotation == 270) column = height - 1 - y, row = turned_x;
      const Pixel pixel = pixel_at(frame, column, row);
      rgb.insert(rgb.end(), pixel.rgb, pixel.rgb + 3);
    }
  }
  return rgb;
}

}  // namespace oarlock_test

#endif  // OARLOCK_TESTS_FRAMES_H_
