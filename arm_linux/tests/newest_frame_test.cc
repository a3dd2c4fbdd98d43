// Always the newest frame, and never a queue.
#include "frames/newest_frame.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <set>
#include <stdexcept>
#include <thread>

namespace oarlock {
namespace app {
namespace frames {
namespace {

constexpr size_t kBytes = 64;

void give(NewestFrame& slot, uint64_t number) {
  std::memset(slot.begin(), static_cast<int>(number), kBytes);
  slot.finish(kBytes, number);
}

// The next frame's number, after a look at its bytes; 0 at the end.
uint64_t take(NewestFrame& slot) {
  ReceivedFrame frame;
  if (!slot.take(&frame)) return 0;
  EXPECT_EQ(frame.size, kBytes);
  for (size_t i = 0; i < frame.size; ++i) EXPECT_EQ(frame.data[i], static_cast<uint8_t>(frame.number));
  return frame.number;
}

TEST(NewestFrame, TheNewestIsTakenAndOthersAreLost) {
  NewestFrame slot(kBytes);
  give(slot, 1);
  EXPECT_EQ(take(slot), 1u);
  for (uint64_t number = 2; number <= 5; ++number) give(slot, number);
  EXPECT_EQ(take(slot), 5u);
  EXPECT_EQ(slot.lost(), 3u);
}

TEST(NewestFrame, AFrameThatIsWorkedOnIsLeftAlone) {
  NewestFrame slot(kBytes);
  give(slot, 1);
  ReceivedFrame held;
  ASSERT_TRUE(slot.take(&held));
  for (uint64_t number = 2; number <= 9; ++number) give(slot, number);
  EXPECT_EQ(held.data[0], 1);
  EXPECT_EQ(held.data[kBytes - 1], 1);
}

TEST(NewestFrame, TwoBuffersAndNoMore) {
  NewestFrame slot(kBytes);
  std::set<const uint8_t*> places;
  for (uint64_t number = 1; number <= 100; ++number) {
    places.insert(slot.begin());
    slot.finish(kBytes, number);
    ReceivedFrame frame;
    if (number % 3 == 0) {
      ASSERT_TRUE(slot.take(&frame));
      places.insert(frame.data);
    }
  }
  EXPECT_EQ(places.size(), 2u);
}

TEST(NewestFrame, TheLastOneIsGivenOutAfterTheEnd) {
  NewestFrame slot(kBytes);
  give(slot, 7);
  slot.end();
  EXPECT_EQ(take(slot), 7u);
  EXPECT_EQ(take(slot), 0u);
  EXPECT_EQ(take(slot), 0u);
}

TEST(NewestFrame, AnErrorComesAfterTheLastOneAndOnce) {
  NewestFrame slot(kBytes);
  give(slot, 7);
  slot.end(std::make_exception_ptr(std::runtime_error("gone")));
  EXPECT_EQ(take(slot), 7u);
  EXPECT_THROW(take(slot), std::runtime_error);
  EXPECT_EQ(take(slot), 0u);
}

TEST(NewestFrame, NothingIsGivenOutWhenItIsAbandoned) {
  NewestFrame slot(kBytes);
  give(slot, 7);
  slot.abandon();
  EXPECT_EQ(take(slot), 0u);
}

TEST(NewestFrame, AWorkerThatWaitsGetsTheNextFrameHoweverSoonAnotherBegins) {
  NewestFrame slot(kBytes);
  uint64_t taken = 0;
  std::thread worker([&] { taken = take(slot); });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // It waits by now.
  give(slot, 1);
  std::memset(slot.begin(), 2, kBytes);
  worker.join();
  EXPECT_EQ(taken, 1u);
  EXPECT_EQ(slot.lost(), 0u);
}

TEST(NewestFrame, ByTwoThreads) {
  constexpr uint64_t kFrames = 200;
  NewestFrame slot(kBytes);
  std::thread receiver([&] {
    for (uint64_t number = 1; number <= kFrames; ++number) give(slot, number);
    slot.end();
  });
  uint64_t taken = 0;
  uint64_t last = 0;
  for (uint64_t number = take(slot); number != 0; number = take(slot)) {
    EXPECT_GT(number, last);
    last = number;
    ++taken;
  }
  receiver.join();
  EXPECT_EQ(last, kFrames);
  EXPECT_EQ(taken + slot.lost(), kFrames);
}

}  // namespace
}  // namespace frames
}  // namespace app
}  // namespace oarlock
