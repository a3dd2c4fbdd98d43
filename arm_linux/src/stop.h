// SIGINT and SIGTERM as something that work can look at, or wait for, where it can end well.
#ifndef OARLOCK_ARM_LINUX_STOP_H_
#define OARLOCK_ARM_LINUX_STOP_H_

namespace oarlock {
namespace app {

// One per process. The first signal is noted; a second one, of a user who will not wait, ends the process at once. A
// signal that the process was started with ignored, as a shell does for what it puts into the background, stays so.
class Stop {
 public:
  Stop();
  ~Stop();
  Stop(const Stop&) = delete;
  Stop& operator=(const Stop&) = delete;

  bool requested() const;
  // Becomes, and stays, readable with the first signal; for poll().
  int descriptor() const;
  // 130 after SIGINT, 143 after SIGTERM, 0 before.
  int exit_status() const;
};

}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_STOP_H_
