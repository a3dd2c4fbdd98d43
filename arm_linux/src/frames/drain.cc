#include "frames/drain.h"

#include "status.h"

namespace oarlock {
namespace app {
namespace frames {
namespace {

std::string name_of(const FrameSource& source, uint64_t number) { return text(source.name(), "#", number); }

// Keeps the count of lost frames, whichever way the loop is left.
class LostCount {
 public:
  LostCount(const FrameSource& source, uint64_t* lost) : source_(source), lost_(lost) {}
  ~LostCount() { *lost_ = source_.lost(); }
  LostCount(const LostCount&) = delete;
  LostCount& operator=(const LostCount&) = delete;

 private:
  const FrameSource& source_;
  uint64_t* lost_;
};

}  // namespace

void drain(FrameSource& source, const OnFrame& on_frame, const OnFailure& on_failure, Counts* counts) {
  const LostCount lost(source, &counts->lost);
  for (SourceFrame frame;;) {
    try {
      if (!source.next(&frame)) return;
    } catch (const BadFrame& error) {
      ++counts->failed;
      on_failure(name_of(source, error.number()), error);
      continue;
    }
    const std::string name = name_of(source, frame.number);
    try {
      on_frame(name, frame.frame);
      ++counts->classified;
    } catch (const Failure& error) {
      ++counts->failed;
      on_failure(name, error);
    }
  }
}

std::string summary(const Counts& counts) {
  const uint64_t all = counts.classified + counts.failed + counts.lost;
  std::string sentence = text(counts.classified, " of ", all, all == 1 ? " frame" : " frames", " classified");
  if (counts.failed > 0) sentence += text("; ", counts.failed, " could not be");
  if (counts.lost > 0) sentence += text("; ", counts.lost, " came meanwhile and were left out");
  return sentence + ".";
}

}  // namespace frames
}  // namespace app
}  // namespace oarlock
