// Waiting for descriptors, so that every wait can be ended.
#ifndef OARLOCK_ARM_LINUX_FRAMES_WAITING_H_
#define OARLOCK_ARM_LINUX_FRAMES_WAITING_H_

namespace oarlock {
namespace app {
namespace frames {

// Waits until `descriptor` can be read, or is at its end: true; or until `stop` or `other` can: false. -1 stands for
// none.
bool wait_readable(int descriptor, int stop, int other);

// The same for at most so many milliseconds.
enum class Waited { kReadable, kStopped, kTimedOut };
Waited wait_readable_for(int descriptor, int stop, int other, int milliseconds);

// Whether it can be read now; false for -1.
bool is_readable(int descriptor);

// Something that one thread tells another, once.
class Event {
 public:
  // OAR-INTERNAL when the system has no descriptor left.
  Event();
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  // Any thread.
  void signal() const;
  // Readable from then on.
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace frames
}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_FRAMES_WAITING_H_
