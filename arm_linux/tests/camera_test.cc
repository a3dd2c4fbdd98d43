// --camera against a stand-in for a camera and its driver (fake_video_device.h): negotiation, frames, loss, errors.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "failures.h"
#include "fake_video_device.h"
#include "frames/camera_source.h"
#include "frames/drain.h"
#include "frames/waiting.h"

namespace oarlock {
namespace app {
namespace frames {
namespace {

using app::testing::failure_of;
using app::testing::FakeCamera;
using app::testing::FakeVideoDevice;
using Bytes = std::vector<uint8_t>;

CameraWish wish(const std::string& text = "/dev/video0,yuyv:4x2") { return parse_camera(text); }

constexpr int64_t kMaxPixels = 1000;

// A square of 8 x 8 pixels of grey 200: `Image.new("L", (8, 8), 200).save(file, "JPEG", quality=50)` by Pillow.
// clang-format off
const Bytes kGreyJpeg = {
    0xFF, 0xD8, 0xFF, 0xE0, 0x00, 0x10, 0x4A, 0x46, 0x49, 0x46, 0x00, 0x01, 0x01, 0x00, 0x00, 0x01, 0x00, 0x01,
    0x00, 0x00, 0xFF, 0xDB, 0x00, 0x43, 0x00, 0x10, 0x0B, 0x0C, 0x0E, 0x0C, 0x0A, 0x10, 0x0E, 0x0D, 0x0E, 0x12,
    0x11, 0x10, 0x13, 0x18, 0x28, 0x1A, 0x18, 0x16, 0x16, 0x18, 0x31, 0x23, 0x25, 0x1D, 0x28, 0x3A, 0x33, 0x3D,
    0x3C, 0x39, 0x33, 0x38, 0x37, 0x40, 0x48, 0x5C, 0x4E, 0x40, 0x44, 0x57, 0x45, 0x37, 0x38, 0x50, 0x6D, 0x51,
    0x57, 0x5F, 0x62, 0x67, 0x68, 0x67, 0x3E, 0x4D, 0x71, 0x79, 0x70, 0x64, 0x78, 0x5C, 0x65, 0x67, 0x63, 0xFF,
    0xC0, 0x00, 0x0B, 0x08, 0x00, 0x08, 0x00, 0x08, 0x01, 0x01, 0x11, 0x00, 0xFF, 0xC4, 0x00, 0x1F, 0x00, 0x00,
    0x01, 0x05, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x02,
    0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B, 0xFF, 0xC4, 0x00, 0xB5, 0x10, 0x00, 0x02, 0x01, 0x03,
    0x03, 0x02, 0x04, 0x03, 0x05, 0x05, 0x04, 0x04, 0x00, 0x00, 0x01, 0x7D, 0x01, 0x02, 0x03, 0x00, 0x04, 0x11,
    0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07, 0x22, 0x71, 0x14, 0x32, 0x81, 0x91, 0xA1, 0x08,
    0x23, 0x42, 0xB1, 0xC1, 0x15, 0x52, 0xD1, 0xF0, 0x24, 0x33, 0x62, 0x72, 0x82, 0x09, 0x0A, 0x16, 0x17, 0x18,
    0x19, 0x1A, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2A, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x43, 0x44, 0x45,
    0x46, 0x47, 0x48, 0x49, 0x4A, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5A, 0x63, 0x64, 0x65, 0x66, 0x67,
    0x68, 0x69, 0x6A, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89,
    0x8A, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9A, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9,
    0xAA, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA, 0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9,
    0xCA, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA, 0xE1, 0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8,
    0xE9, 0xEA, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0xFA, 0xFF, 0xDA, 0x00, 0x08, 0x01, 0x01,
    0x00, 0x00, 0x3F, 0x00, 0xE9, 0x2B, 0xFF, 0xD9,
};
// clang-format on

// The file without its Huffman tables, as the MJPEG of many cameras has it, which means the standard's.
Bytes without_huffman_tables(const Bytes& file) {
  constexpr uint8_t kTables = 0xC4;
  constexpr uint8_t kScan = 0xDA;
  Bytes kept(file.begin(), file.begin() + 2);
  size_t at = 2;
  while (file.at(at + 1) != kScan) {
    const size_t length = 2 + file.at(at + 2) * size_t{256} + file.at(at + 3);
    if (file[at + 1] != kTables)
      kept.insert(kept.end(), file.begin() + static_cast<ptrdiff_t>(at),
                  file.begin() + static_cast<ptrdiff_t>(at + length));
    at += length;
  }
  kept.insert(kept.end(), file.begin() + static_cast<ptrdiff_t>(at), file.end());
  return kept;
}

std::unique_ptr<FrameSource> open(FakeCamera& camera, const CameraWish& wished, int stop = -1, int patience_ms = 10000,
                                  std::optional<oar_yuv_range> range = std::nullopt) {
  return open_camera(std::make_unique<FakeVideoDevice>(camera), wished, range, kMaxPixels, stop, patience_ms);
}

std::string failure_of_opening(FakeCamera& camera, const CameraWish& wished = wish()) {
  return failure_of([&] { open(camera, wished); });
}

template <class Condition>
void wait_until(const Condition& condition) {
  for (int i = 0; i < 5000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  ASSERT_TRUE(condition());
}

TEST(Camera, TheOption) {
  const CameraWish plain = parse_camera("/dev/video2");
  EXPECT_EQ(plain.path, "/dev/video2");
  EXPECT_EQ(plain.format, CameraFormat::kAny);
  EXPECT_EQ(plain.width, 640);
  const CameraWish full = parse_camera("/dev/v4l/by-id/a,b,mjpeg:1280x720");
  EXPECT_EQ(full.path, "/dev/v4l/by-id/a,b");
  EXPECT_EQ(full.format, CameraFormat::kMjpeg);
  EXPECT_EQ(full.height, 720);
  EXPECT_EQ(parse_camera("x,yuyv").format, CameraFormat::kYuyv);
  for (const char* text :
       {"", ",yuyv", "/dev/video0,", "/dev/video0,h264", "/dev/video0,yuyv:", "/dev/video0,yuyv:4"}) {
    EXPECT_NE(failure_of([&] { parse_camera(text); }).find("expected DEVICE[,yuyv|mjpeg[:WIDTHxHEIGHT]]"),
              std::string::npos)
        << text;
  }
}

TEST(Camera, YuyvFrames) {
  FakeCamera camera;
  camera.row_padding = 8;
  {
    const auto source = open(camera, wish());
    EXPECT_TRUE(camera.is_streaming());
    EXPECT_EQ(source->name(), "/dev/video0");
    EXPECT_EQ(source->remarks()[0], "/dev/video0 is Fake Camera, and gives YUYV of 4 x 2 pixels.");
    ASSERT_EQ(source->remarks().size(), 2u);
    EXPECT_NE(source->remarks()[1].find("yuyv is taken as limited-range YUV"), std::string::npos);
    SourceFrame frame;
    for (uint8_t number = 1; number <= 20; ++number) {
      ASSERT_TRUE(camera.deliver(Bytes(32, number)));
      ASSERT_TRUE(source->next(&frame));
      EXPECT_EQ(frame.number, number);
      EXPECT_EQ(frame.frame.format, OAR_FRAME_YUYV);
      EXPECT_EQ(frame.frame.width, 4);
      EXPECT_EQ(frame.frame.range, OAR_YUV_LIMITED);
      EXPECT_EQ(frame.frame.planes[0].row_stride, 16);
      EXPECT_EQ(frame.frame.planes[0].data[31], number);
    }
    EXPECT_EQ(source->lost(), 0u);
  }
  EXPECT_FALSE(camera.is_streaming());
  EXPECT_EQ(camera.mapped(), 0u);
  EXPECT_FALSE(camera.has_buffers());
}

TEST(Camera, TheRangeThatTheDriverTells) {
  FakeCamera camera;
  camera.quantization = V4L2_QUANTIZATION_FULL_RANGE;
  SourceFrame frame;
  {
    const auto source = open(camera, wish());
    EXPECT_EQ(source->remarks().size(), 1u);
    camera.deliver(Bytes(16, 1));
    ASSERT_TRUE(source->next(&frame));
    EXPECT_EQ(frame.frame.range, OAR_YUV_FULL);
  }
  const auto source = open(camera, wish(), -1, 10000, OAR_YUV_LIMITED);
  EXPECT_EQ(source->remarks().size(), 1u);
  camera.deliver(Bytes(16, 1));
  ASSERT_TRUE(source->next(&frame));
  EXPECT_EQ(frame.frame.range, OAR_YUV_LIMITED);
}

TEST(Camera, TheNewestFrameAndNoQueue) {
  FakeCamera camera;
  const auto source = open(camera, wish());
  SourceFrame frame;
  camera.deliver(Bytes(16, 1));
  ASSERT_TRUE(source->next(&frame));
  for (uint8_t number = 2; number <= 100; ++number) {
    // Buffers go back at once, so that the driver never lacks one, however long this thread works on the first frame.
    wait_until([&] { return camera.queued() > 0; });
    ASSERT_TRUE(camera.deliver(Bytes(16, number)));
  }
  wait_until([&] { return camera.queued() == 4 && source->lost() == 98; });
  EXPECT_EQ(frame.frame.planes[0].data[0], 1);
  ASSERT_TRUE(source->next(&frame));
  EXPECT_EQ(frame.number, 100u);
  EXPECT_EQ(frame.frame.planes[0].data[0], 100);
}

TEST(Camera, FramesThatTheDriverLosesAreCounted) {
  FakeCamera camera;
  camera.set_sequence(0xFFFFFFFE);  // The count goes over.
  const auto source = open(camera, wish());
  SourceFrame frame;
  camera.deliver(Bytes(16, 1));
  ASSERT_TRUE(source->next(&frame));
  EXPECT_EQ(frame.number, 1u);
  camera.set_sequence(2);
  camera.deliver(Bytes(16, 2));
  ASSERT_TRUE(source->next(&frame));
  EXPECT_EQ(frame.number, 5u);
  EXPECT_EQ(source->lost(), 3u);
  // What the driver calls damaged, or is too short, is not given out.
  camera.deliver(Bytes(16, 3), V4L2_BUF_FLAG_ERROR);
  camera.deliver(Bytes(15, 4));
  camera.deliver(Bytes(16, 5));
  ASSERT_TRUE(source->next(&frame));
  EXPECT_EQ(frame.frame.planes[0].data[0], 5);
  EXPECT_EQ(frame.number, 8u);
  EXPECT_EQ(source->lost(), 5u);
}

TEST(Camera, Mjpeg) {
  FakeCamera camera;
  camera.formats = {V4L2_PIX_FMT_MJPEG};
  camera.width = 1280;
  camera.height = 720;
  const auto source = open(camera, parse_camera("/dev/video0"));
  EXPECT_EQ(source->remarks(),
            std::vector<std::string>{"/dev/video0 is Fake Camera, and gives MJPEG of 1280 x 720 pixels."});
  SourceFrame frame;
  camera.deliver(kGreyJpeg);
  ASSERT_TRUE(source->next(&frame));
  EXPECT_EQ(frame.frame.format, OAR_FRAME_RGB);
  EXPECT_EQ(frame.frame.width, 8);
  EXPECT_EQ(frame.frame.planes[0].data[0], 200);
  EXPECT_EQ(frame.frame.planes[0].data[8 * 8 * 3 - 1], 200);
  // A damaged one costs itself alone.
  camera.deliver({0xFF, 0xD8, 0xFF, 0});
  try {
    source->next(&frame);
    ADD_FAILURE() << "a frame that is no JPEG was decoded";
  } catch (const BadFrame& error) {
    EXPECT_EQ(error.number(), 2u);
    EXPECT_EQ(std::string(error.what()).rfind("/dev/video0#2: ", 0), 0u) << error.what();
  }
  const Bytes bare = without_huffman_tables(kGreyJpeg);
  ASSERT_LT(bare.size(), kGreyJpeg.size());
  camera.deliver(bare);
  ASSERT_TRUE(source->next(&frame));
  EXPECT_EQ(frame.number, 3u);
  EXPECT_EQ(frame.frame.planes[0].data[0], 200);
}

TEST(Camera, YuyvIsPreferred) {
  FakeCamera camera;
  camera.formats = {V4L2_PIX_FMT_MJPEG, V4L2_PIX_FMT_YUYV};
  EXPECT_NE(open(camera, parse_camera("/dev/video0"))->remarks()[0].find("gives YUYV of 640 x 480"), std::string::npos);
  EXPECT_NE(open(camera, parse_camera("/dev/video0,mjpeg"))->remarks()[0].find("gives MJPEG of 640 x 480"),
            std::string::npos);
}

TEST(Camera, DevicesThatAreNoCamera) {
  FakeCamera codec;
  codec.capabilities = V4L2_CAP_VIDEO_M2M | V4L2_CAP_STREAMING;
  EXPECT_NE(failure_of_opening(codec).find("Fake Camera captures no video"), std::string::npos);
  FakeCamera planes;
  planes.capabilities = V4L2_CAP_VIDEO_CAPTURE_MPLANE | V4L2_CAP_STREAMING;
  EXPECT_NE(failure_of_opening(planes).find("frames in several planes"), std::string::npos);
  FakeCamera reading;
  reading.capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_READWRITE;
  EXPECT_NE(failure_of_opening(reading).find("cannot stream"), std::string::npos);
  FakeCamera other;
  other.failures[VIDIOC_QUERYCAP] = ENOTTY;
  EXPECT_EQ(failure_of_opening(other), "OAR-IO: /dev/video0: is no video device (V4L2)");
  FakeCamera odd;
  odd.formats = {V4L2_PIX_FMT_H264, V4L2_PIX_FMT_GREY};
  EXPECT_EQ(failure_of_opening(odd, parse_camera("/dev/video0")),
            "OAR-IO: /dev/video0: Fake Camera offers H264, GREY, expected YUYV or MJPEG");
}

TEST(Camera, ADriverThatFails) {
  for (const unsigned long request : {VIDIOC_S_FMT, VIDIOC_REQBUFS, VIDIOC_QUERYBUF, VIDIOC_QBUF, VIDIOC_STREAMON}) {
    FakeCamera busy;
    busy.failures[request] = EBUSY;
    EXPECT_EQ(failure_of_opening(busy), "OAR-IO: /dev/video0: another program uses it; end that one first");
    EXPECT_EQ(busy.mapped(), 0u);
    FakeCamera broken;
    broken.failures[request] = EIO;
    EXPECT_NE(failure_of_opening(broken).find("Input/output error"), std::string::npos);
    EXPECT_EQ(broken.mapped(), 0u);
  }
  FakeCamera unmapped;
  unmapped.failures[0] = ENOMEM;
  EXPECT_NE(failure_of_opening(unmapped).find("a buffer cannot be mapped"), std::string::npos);
  FakeCamera poor;
  poor.most_buffers = 1;
  EXPECT_NE(failure_of_opening(poor).find("gives 1 buffers, expected at least 2"), std::string::npos);
}

TEST(Camera, UnpluggedWhileItStreams) {
  FakeCamera camera;
  const auto source = open(camera, wish());
  SourceFrame frame;
  camera.deliver(Bytes(16, 1));
  ASSERT_TRUE(source->next(&frame));
  camera.unplug();
  EXPECT_EQ(failure_of([&] { source->next(&frame); }), "OAR-IO: /dev/video0: the camera has gone; was it unplugged?");
}

TEST(Camera, NoFrames) {
  FakeCamera camera;
  const auto source = open(camera, wish(), -1, 20);
  SourceFrame frame;
  EXPECT_NE(failure_of([&] { source->next(&frame); }).find("the camera has given no frame for"), std::string::npos);
}

TEST(Camera, StopsWhenItIsTold) {
  FakeCamera camera;
  const Event stop;
  const auto source = open(camera, wish(), stop.descriptor());
  SourceFrame frame;
  std::thread user([&] { stop.signal(); });
  EXPECT_FALSE(source->next(&frame));
  user.join();
}

TEST(Camera, FilesThatAreNoDevice) {
  EXPECT_EQ(failure_of([] { open_video_device("/dev/no-such-video"); }),
            "OAR-NOT-FOUND: /dev/no-such-video: no such camera; `ls /dev/video*` shows those there are");
  EXPECT_NE(failure_of([] { open_video_device("/proc/self/oom_score_adj"); }).find("is no device, expected a camera"),
            std::string::npos);
  // A device, and no camera: what the system answers, not the stand-in.
  EXPECT_EQ(
      failure_of([] { open_camera(open_video_device("/dev/zero"), wish("/dev/zero"), std::nullopt, kMaxPixels, -1); }),
      "OAR-IO: /dev/zero: is no video device (V4L2)");
}

}  // namespace
}  // namespace frames
}  // namespace app
}  // namespace oarlock
