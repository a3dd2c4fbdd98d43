#include "frames/newest_frame.h"

#include <utility>

namespace oarlock {
namespace app {
namespace frames {

NewestFrame::NewestFrame(size_t largest) : buffers_{std::vector<uint8_t>(largest), std::vector<uint8_t>(largest)} {}

uint8_t* NewestFrame::begin() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (std::exchange(waiting_, false)) ++lost_;
  return buffers_[1 - taken_].data();
}

void NewestFrame::finish(size_t size, uint64_t number) {
  const std::lock_guard<std::mutex> lock(mutex_);
  newest_ = {buffers_[1 - taken_].data(), size, number};
  if (!std::exchange(wanted_, false)) {
    waiting_ = true;
    return;
  }
  // Not left to the worker, who may wake up when this buffer is already being filled again.
  taken_ = 1 - taken_;
  given_ = true;
  given_frame_ = newest_;
  changed_.notify_one();
}

void NewestFrame::end(std::exception_ptr error) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ended_ = true;
  error_ = std::move(error);
  changed_.notify_one();
}

void NewestFrame::abandon() {
  const std::lock_guard<std::mutex> lock(mutex_);
  abandoned_ = true;
  changed_.notify_one();
}

bool NewestFrame::take(ReceivedFrame* frame) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (abandoned_) return false;
  if (std::exchange(waiting_, false)) {
    taken_ = 1 - taken_;
    *frame = newest_;
    return true;
  }
  wanted_ = true;
  changed_.wait(lock, [this] { return given_ || ended_ || abandoned_; });
  wanted_ = false;
  if (abandoned_) return false;
  if (std::exchange(given_, false)) {
    *frame = given_frame_;
    return true;
  }
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  return false;
}

uint64_t NewestFrame::lost() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return lost_;
}

}  // namespace frames
}  // namespace app
}  // namespace oarlock
