// Between a thread that receives frames and one that works on them: always the newest, never a queue.
#ifndef OARLOCK_ARM_LINUX_FRAMES_NEWEST_FRAME_H_
#define OARLOCK_ARM_LINUX_FRAMES_NEWEST_FRAME_H_

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <vector>

namespace oarlock {
namespace app {
namespace frames {

// A frame in one of the two buffers. It has been received completely.
struct ReceivedFrame {
  const uint8_t* data = nullptr;
  size_t size = 0;
  uint64_t number = 0;  // of all that the source gave, the first is 1
};

// Two buffers, allocated once: the one that is worked on, and the one that is received into. While the worker is busy,
// a frame that waits is overwritten by the next, and lost; so memory does not depend on how fast a source is, and the
// source never waits. A worker that waits gets the next frame, however soon the one after it begins.
class NewestFrame {
 public:
  // A frame has at most so many bytes.
  explicit NewestFrame(size_t largest);

  // ---- The receiving thread

  // Where the next frame is to go; the one that waited there is lost from now on. So call it when the first byte of the
  // next is there to be read, not before.
  uint8_t* begin();
  // The frame at begin() is complete: given to the worker who waits for it, else it waits for the worker.
  void finish(size_t size, uint64_t number);
  // No frame comes any more. The one that waits is still given out, then `error` is thrown by take(), if there is one.
  void end(std::exception_ptr error = nullptr);
  // No frame is wanted any more, either.
  void abandon();

  // ---- The working thread

  // Waits for a frame that was not taken yet. The last one's buffer goes back. False at the end, or when abandoned.
  bool take(ReceivedFrame* frame);

  // Frames that were overwritten before they were taken. Any thread.
  uint64_t lost() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::array<std::vector<uint8_t>, 2> buffers_;
  size_t taken_ = 0;      // the buffer that belongs to the working thread; the other is the receiving one's
  bool waiting_ = false;  // a frame for the worker
  bool wanted_ = false;   // the worker for a frame, which is given as soon as it is complete
  bool given_ = false;
  ReceivedFrame given_frame_;
  ReceivedFrame newest_;
  bool ended_ = false;
  bool abandoned_ = false;
  std::exception_ptr error_;
  uint64_t lost_ = 0;
};

}  // namespace frames
}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_FRAMES_NEWEST_FRAME_H_
