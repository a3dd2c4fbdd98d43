// --raw and --camera: frames, one after another.
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "classifier.h"
#include "frames/camera_source.h"
#include "frames/drain.h"
#include "frames/raw_source.h"
#include "program.h"
#include "writers.h"

namespace oarlock {
namespace app {
namespace {

// --raw or --camera, understood, before the model is loaded.
class Frames {
 public:
  explicit Frames(const Arguments& arguments) : arguments_(arguments) {
    if (!arguments.yuv_range.empty()) range_ = frames::parse_yuv_range(arguments.yuv_range);
    if (arguments.raw.empty()) {
      camera_ = frames::parse_camera(arguments.camera);
    } else {
      raw_ = frames::parse_raw_format(arguments.raw, range_);
    }
  }

  std::unique_ptr<frames::FrameSource> open(int stop) const {
    if (arguments_.raw.empty()) {
      return frames::open_camera(frames::open_video_device(camera_.path), camera_, range_, arguments_.max_pixels, stop);
    }
    return frames::open_raw(arguments_.pictures.front(), raw_, stop);
  }

  // What to say of a raw format whose range nobody has named; "" for nothing.
  std::string remark() const { return arguments_.raw.empty() || range_ ? "" : frames::range_remark(raw_); }

 private:
  const Arguments& arguments_;
  std::optional<oar_yuv_range> range_;
  frames::RawFormat raw_;
  frames::CameraWish camera_;
};

void note(const std::string& sentence) {
  if (!sentence.empty()) std::cerr << "Note: " << printable(sentence) << std::endl;
}

// Says what became of the frames, whichever way the program ends.
class Summary {
 public:
  Summary() = default;
  ~Summary() { std::cerr << frames::summary(counts) << std::endl; }
  Summary(const Summary&) = delete;
  Summary& operator=(const Summary&) = delete;

  frames::Counts counts;
};

}  // namespace

int classify_frames(const Program& program) {
  const Arguments& arguments = program.arguments;
  const Frames frames(arguments);
  note(frames.remark());
  // First the model, so that no frame waits, or is lost, while it loads.
  Classifier classifier(arguments, program.output);
  const std::unique_ptr<frames::FrameSource> source = frames.open(program.stop.descriptor());
  for (const std::string& remark : source->remarks()) note(remark);
  const std::unique_ptr<Writer> writer = make_writer(arguments.format, program.output);

  Summary summary;
  frames::drain(
      *source,
      [&](const std::string& name, oar_frame frame) {
        frame.rotation = arguments.rotation;
        frame.mirror = arguments.mirror ? 1 : 0;
        writer->answer(name, classifier.variant(), classifier.classify(frame));
      },
      [&](const std::string& name, const Failure& failure) { writer->failure(name, failure.code(), failure.what()); },
      &summary.counts);
  if (program.stop.requested()) return program.stop.exit_status();
  return summary.counts.failed == 0 ? 0 : 1;
}

}  // namespace app
}  // namespace oarlock
