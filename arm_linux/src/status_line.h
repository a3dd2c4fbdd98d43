// A line on a terminal that says how far the program is.
#ifndef OARLOCK_ARM_LINUX_STATUS_LINE_H_
#define OARLOCK_ARM_LINUX_STATUS_LINE_H_

#include <chrono>
#include <string>

namespace oarlock {
namespace app {

// A line on stderr that is written anew as work goes on and gone in the end; none where stderr is no terminal. Erase it
// before anything else is printed on the terminal.
class StatusLine {
 public:
  StatusLine();
  ~StatusLine() { erase(); }
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  // Whether it is time to draw: half a second after the beginning, and then ten times a second.
  bool is_due() const;
  // Shows a text of one line in place of the one before, whatever is_due() says.
  void draw(const std::string& text);
  void erase();

 private:
  using Clock = std::chrono::steady_clock;

  bool shown_;
  bool visible_ = false;
  Clock::time_point begin_;
  Clock::time_point drawn_;
};

}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_STATUS_LINE_H_
