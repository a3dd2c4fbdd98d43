// Raw frames from files, which give every frame, and from pipes, which give the newest.
#include "frames/raw_source.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "../../native/tests/temporary_folder.h"
#include "failures.h"
#include "frames/drain.h"
#include "frames/waiting.h"

namespace oarlock {
namespace app {
namespace frames {
namespace {

using app::testing::failure_of;
using oarlock::testing::TemporaryFolder;

constexpr size_t kBytes = 4 * 2 * 3;  // of rgb:4x2

RawFormat format() { return parse_raw_format("rgb:4x2", std::nullopt); }

// Frames 1 to `count`, whose bytes are their number.
std::string frames_of(int count) {
  std::string bytes;
  for (int number = 1; number <= count; ++number) bytes.append(kBytes, static_cast<char>(number));
  return bytes;
}

// The numbers of all frames that a source gives, after a look at their bytes.
std::vector<uint64_t> numbers_of(FrameSource& source) {
  std::vector<uint64_t> numbers;
  for (SourceFrame frame; source.next(&frame);) {
    EXPECT_EQ(frame.frame.planes[0].size, kBytes);
    EXPECT_EQ(frame.frame.planes[0].data[0], static_cast<uint8_t>(frame.number));
    EXPECT_EQ(frame.frame.planes[0].data[kBytes - 1], static_cast<uint8_t>(frame.number));
    numbers.push_back(frame.number);
  }
  return numbers;
}

// A named pipe, and what is needed to write into it.
class Fifo {
 public:
  Fifo() : path_(folder_ / "fifo") {
    EXPECT_EQ(::mkfifo(path_.c_str(), 0600), 0);
    // Open for both, so that neither side waits for the other.
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
  }
  ~Fifo() { close(); }
  Fifo(const Fifo&) = delete;
  Fifo& operator=(const Fifo&) = delete;

  const std::string& path() const { return path_; }
  void write(const std::string& bytes) {
    for (size_t done = 0; done < bytes.size();) {
      const ssize_t written = ::write(descriptor_, bytes.data() + done, bytes.size() - done);
      ASSERT_GT(written, 0);
      done += static_cast<size_t>(written);
    }
  }
  void close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }

 private:
  TemporaryFolder folder_;
  std::string path_;
  int descriptor_;
};

TEST(RawSource, AFileGivesEveryFrame) {
  const TemporaryFolder folder;
  const auto source = open_raw(folder.write("frames", frames_of(100)), format(), -1);
  std::vector<uint64_t> expected;
  for (uint64_t number = 1; number <= 100; ++number) expected.push_back(number);
  EXPECT_EQ(numbers_of(*source), expected);
  EXPECT_EQ(source->lost(), 0u);
}

TEST(RawSource, AFileThatEndsWithinAFrame) {
  const TemporaryFolder folder;
  const auto source = open_raw(folder.write("frames", frames_of(2) + "xyz"), format(), -1);
  SourceFrame frame;
  EXPECT_TRUE(source->next(&frame));
  EXPECT_TRUE(source->next(&frame));
  EXPECT_EQ(
      failure_of([&] { source->next(&frame); }),
      "OAR-TRUNCATED-IMAGE: " + folder / "frames" +
          ": ends within frame 3, after 3 of its 24 bytes; expected whole frames: see whether format and size are "
          "those of --raw");
}

TEST(RawSource, FilesThatHoldNothing) {
  const TemporaryFolder folder;
  const auto empty = open_raw(folder.write("empty", std::string()), format(), -1);
  SourceFrame frame;
  EXPECT_EQ(failure_of([&] { empty->next(&frame); }),
            "OAR-BAD-IMAGE: " + folder / "empty" + ": is empty, expected frames of 24 bytes");
  EXPECT_EQ(failure_of([&] { open_raw(folder / "none", format(), -1); }),
            "OAR-NOT-FOUND: " + folder / "none" + ": no such file, expected raw frames");
  const auto of_a_folder = open_raw(folder.path(), format(), -1);
  EXPECT_EQ(failure_of([&] { of_a_folder->next(&frame); }).rfind("OAR-IO: ", 0), 0u);
}

TEST(RawSource, APipeGivesTheNewest) {
  Fifo fifo;
  const auto source = open_raw(fifo.path(), format(), -1);
  fifo.write(frames_of(1));
  SourceFrame frame;
  ASSERT_TRUE(source->next(&frame));
  EXPECT_EQ(frame.number, 1u);
  // While this thread is at work on the first, a hundred others come: fewer than the source could wait for.
  fifo.write(frames_of(100).substr(kBytes));
  while (source->lost() < 98) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(frame.frame.planes[0].data[0], 1);
  fifo.close();
  EXPECT_EQ(numbers_of(*source), std::vector<uint64_t>{100});
  EXPECT_EQ(source->lost(), 98u);
}

TEST(RawSource, APipeThatEndsWithinAFrameOrBeforeTheFirst) {
  Fifo fifo;
  const auto source = open_raw(fifo.path(), format(), -1);
  fifo.write(frames_of(1) + "abc");
  fifo.close();
  const std::string failure = failure_of([&] {
    for (SourceFrame frame; source->next(&frame);) {
    }
  });
  EXPECT_NE(failure.find("OAR-TRUNCATED-IMAGE: "), std::string::npos) << failure;
  EXPECT_NE(failure.find("ends within frame 2, after 3 of its 24 bytes"), std::string::npos) << failure;

  Fifo silent;
  const auto nothing = open_raw(silent.path(), format(), -1);
  silent.close();
  SourceFrame frame;
  EXPECT_NE(failure_of([&] { nothing->next(&frame); }).find("is empty"), std::string::npos);
}

TEST(RawSource, APipeInSmallPieces) {
  Fifo fifo;
  const auto source = open_raw(fifo.path(), format(), -1);
  std::thread writer([&] {
    for (const char byte : frames_of(3)) {
      fifo.write(std::string(1, byte));
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
    fifo.close();
  });
  const std::vector<uint64_t> numbers = numbers_of(*source);
  writer.join();
  EXPECT_EQ(numbers.size() + source->lost(), 3u);
  EXPECT_EQ(numbers.back(), 3u);
}

TEST(RawSource, StopsWhenItIsTold) {
  const TemporaryFolder folder;
  const Event stop;
  Fifo fifo;
  const auto pipe = open_raw(fifo.path(), format(), stop.descriptor());
  const auto file = open_raw(folder.write("frames", frames_of(3)), format(), stop.descriptor());
  SourceFrame frame;
  EXPECT_TRUE(file->next(&frame));
  std::thread user([&] { stop.signal(); });
  EXPECT_FALSE(pipe->next(&frame));
  user.join();
  EXPECT_FALSE(file->next(&frame));
}

TEST(RawSource, EndsWhileNobodyWrites) {
  const Fifo fifo;
  const auto source = open_raw(fifo.path(), format(), -1);
}

TEST(Drain, CountsWhatBecameOfEveryFrame) {
  const TemporaryFolder folder;
  const std::string path = folder.write("frames", frames_of(5) + "xyz");
  const auto source = open_raw(path, format(), -1);
  std::vector<std::string> names, failures;
  Counts counts;
  const std::string failure = failure_of([&] {
    drain(
        *source,
        [&](const std::string& name, const oar_frame& frame) {
          if (frame.planes[0].data[0] == 4) throw Failure("OAR-ENGINE-FAILED", "not this one");
          names.push_back(name);
        },
        [&](const std::string& name, const Failure& error) { failures.push_back(name + " " + error.code()); }, &counts);
  });
  EXPECT_NE(failure.find("ends within frame 6"), std::string::npos);
  EXPECT_EQ(names, (std::vector<std::string>{path + "#1", path + "#2", path + "#3", path + "#5"}));
  EXPECT_EQ(failures, std::vector<std::string>{path + "#4 OAR-ENGINE-FAILED"});
  EXPECT_EQ(summary(counts), "4 of 5 frames classified; 1 could not be.");
  EXPECT_EQ(summary({1, 0, 0}), "1 of 1 frame classified.");
  EXPECT_EQ(summary({412, 0, 588}), "412 of 1000 frames classified; 588 came meanwhile and were left out.");
}

}  // namespace
}  // namespace frames
}  // namespace app
}  // namespace oarlock
