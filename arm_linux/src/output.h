// Where results go: the stdout that the program was started with.
#ifndef OARLOCK_ARM_LINUX_OUTPUT_H_
#define OARLOCK_ARM_LINUX_OUTPUT_H_

#include <cstddef>
#include <string_view>

namespace oarlock {
namespace app {

// Thrown when nobody reads any more, as after `| head -1`. The program then ends quietly.
struct ReaderGone {};

// While it lives, file descriptor 1 is a second stderr, so that what Paddle Lite prints is not taken for a result, and
// SIGPIPE is ignored.
class Output {
 public:
  Output();
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  // All of it, now. Throws ReaderGone, and Failure (OAR-IO) when it cannot be written.
  void write(const void* data, size_t size);
  void print(std::string_view text) { write(text.data(), text.size()); }
  bool is_terminal() const;
  // For a signal handler, which may do no more than write(2).
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_OUTPUT_H_
