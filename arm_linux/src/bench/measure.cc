#include "bench/measure.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "bench/inputs.h"
#include "bench/memory.h"
#include "bench/news.h"
#include "bench/sensors.h"
#include "bench/statistics.h"
#include "status.h"

namespace oarlock {
namespace app {
namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kNewsEverySeconds = 0.1;
constexpr int32_t kUsualWidth = 640;
constexpr int32_t kUsualHeight = 480;

void check(oar_status status) {
  if (status != OAR_OK) throw Error(status, oar_last_error());
}

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

// A loaded variant and what it is run on. Nothing is freed: its process ends.
class Model {
 public:
  explicit Model(const Order& order) {
    const Clock::time_point begin = Clock::now();
    oar_bundle_options remembered = {sizeof remembered, order.cache.c_str()};
    check(oar_bundle_open(order.bundle.c_str(), order.cache.empty() ? nullptr : &remembered, &bundle_));
    check(oar_engine_load(order.engine.c_str(), &engine_));
    const oar_session_options options = {sizeof options, order.threads, order.power};
    check(oar_bundle_open_session(bundle_, engine_, order.variant.c_str(), &options, &session_));
    init_seconds_ = seconds_since(begin);
    for (size_t i = 0; i < oar_session_input_count(session_); ++i) add_input(i);
  }

  // From opening the bundle until the model could run.
  double init_seconds() const { return init_seconds_; }
  const char* engine_version() const { return oar_engine_version(engine_); }

  // One run: the seconds in the engine, without the copying of inputs.
  double run() {
    // Each time: a model may overwrite its inputs.
    for (const oar_tensor& input : inputs_) check(oar_session_set_input(session_, &input));
    const Clock::time_point begin = Clock::now();
    check(oar_session_run(session_));
    return seconds_since(begin);
  }

  // The name of the first output that holds NaN or infinity; "" for none.
  std::string not_finite() const {
    for (size_t i = 0; i < oar_session_output_count(session_); ++i) {
      oar_tensor output = {};
      output.struct_size = sizeof output;
      check(oar_session_output(session_, i, &output));
      if (!is_finite(output)) return output.name;
    }
    return "";
  }

 private:
  void add_input(size_t index) {
    oar_tensor input = {};
    input.struct_size = sizeof input;
    check(oar_session_input(session_, index, &input));
    fix_shape(input, picture_size());
    contents_.push_back(content(input));
    input.data = contents_.back().data();
    input.bytes = contents_.back().size();
    inputs_.push_back(input);
  }

  // What preprocessing makes of a picture of a usual size; nothing where the model takes no pictures.
  std::optional<PictureSize> picture_size() const {
    oar_preprocess_spec spec = {};
    spec.struct_size = sizeof spec;
    const oar_status status = oar_bundle_preprocess(bundle_, &spec);
    if (status == OAR_NOT_A_CLASSIFIER) return std::nullopt;
    check(status);
    oar_preprocessor* preprocessor = nullptr;
    check(oar_preprocessor_create(&spec, &preprocessor));
    int32_t width = 0;
    int32_t height = 0;
    const oar_status sized = oar_preprocessor_output_size(preprocessor, kUsualWidth, kUsualHeight, &width, &height);
    oar_preprocessor_destroy(preprocessor);
    check(sized);
    return PictureSize{height, width};
  }

  double init_seconds_ = 0;
  oar_bundle* bundle_ = nullptr;
  oar_engine* engine_ = nullptr;
  oar_session* session_ = nullptr;
  std::vector<oar_tensor> inputs_;
  std::vector<std::vector<uint8_t>> contents_;  // what inputs_ point into
};

// Tells how many runs are done, not too often.
class Counter {
 public:
  explicit Counter(const Tell& tell) : tell_(tell) {}

  void run_done() {
    ++done_;
    if (seconds_since(told_) < kNewsEverySeconds) return;
    told_ = Clock::now();
    News news;
    news.done = done_;
    tell_(pack(news));
  }

 private:
  const Tell& tell_;
  int64_t done_ = 0;
  Clock::time_point told_ = Clock::now();
};

std::vector<double> run_many(Model& model, int64_t count, Counter& counter) {
  std::vector<double> seconds;
  seconds.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    seconds.push_back(model.run());
    counter.run_done();
  }
  return seconds;
}

Interval interval_of(double now, std::vector<double> seconds, const Reading& reading) {
  std::sort(seconds.begin(), seconds.end());
  return {std::round(now * 1000) / 1000, milliseconds(percentile(seconds, 0.5)), reading};
}

// Runs without a pause; an interval ends with the run during which its time is up, and has at least that one.
void sustain(Model& model, const Order& order, const Tell& tell) {
  Sensors sensors;
  const Clock::time_point begin = Clock::now();
  double due = order.interval;
  for (double now = 0; now < order.seconds;) {
    std::vector<double> seconds;
    do {
      seconds.push_back(model.run());
      now = seconds_since(begin);
    } while (now < std::min(due, order.seconds));
    News news;
    news.interval = interval_of(now, std::move(seconds), sensors.read());
    tell(pack(news));
    due = (std::floor(now / order.interval) + 1) * order.interval;
  }
}

}  // namespace

void measure(const Order& order, const Tell& tell) {
  Model model(order);
  const double first = model.run();
  News last;
  last.engine = model.engine_version();
  last.not_finite = model.not_finite();
  Counter counter(tell);
  counter.run_done();
  run_many(model, order.warmup, counter);
  if (order.runs == 0) {
    sustain(model, order, tell);
  } else {
    const Summary summary = summarize(run_many(model, order.runs, counter));
    last.run =
        Run{order.threads,   milliseconds(model.init_seconds()), milliseconds(first), order.warmup, order.runs, summary,
            peak_rss_bytes()};
  }
  tell(pack(last));
}

}  // namespace bench
}  // namespace app
}  // namespace oarlock
