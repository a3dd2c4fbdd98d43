// Where frames come from, one after another.
#ifndef OARLOCK_ARM_LINUX_FRAMES_FRAME_SOURCE_H_
#define OARLOCK_ARM_LINUX_FRAMES_FRAME_SOURCE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "failure.h"
#include "oarlock.h"

namespace oarlock {
namespace app {
namespace frames {

// A frame that is no picture, such as a damaged MJPEG one; the next may be one again.
class BadFrame : public Failure {
 public:
  BadFrame(const Failure& failure, uint64_t number) : Failure(failure), number_(number) {}
  uint64_t number() const { return number_; }

 private:
  uint64_t number_;
};

// A frame that a source holds until the next one is asked for.
struct SourceFrame {
  oar_frame frame = {};
  uint64_t number = 0;  // of all that the source gave, lost ones too; the first is 1
};

class FrameSource {
 public:
  virtual ~FrameSource() = default;

  // As it is named in answers: the path, "-" for standard input.
  virtual const std::string& name() const = 0;
  // Sentences for the user about what was found and assumed.
  virtual std::vector<std::string> remarks() const = 0;

  // Waits for the next frame, by the source's rule which that is. False at the end, and after an interruption. Throws
  // Failure: after a BadFrame there may be others, after any other there are none.
  virtual bool next(SourceFrame* frame) = 0;

  // Frames that came and were not given out.
  virtual uint64_t lost() const = 0;
};

}  // namespace frames
}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_FRAMES_FRAME_SOURCE_H_
