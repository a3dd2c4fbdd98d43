#include "bench/bench.h"

#include <sched.h>

#include <algorithm>
#include <thread>

#include "bench/child.h"
#include "bench/measure.h"
#include "bench/news.h"
#include "status.h"

namespace oarlock {
namespace app {
namespace bench {
namespace {

constexpr int32_t kMostThreads = 64;
// A sustained run has so many intervals, of at least so many seconds.
constexpr double kIntervals = 60;
constexpr double kShortestInterval = 1;

int32_t available_processors() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1, static_cast<int32_t>(std::thread::hardware_concurrency()));
}

// The measurements of a request, one after another.
class Measurements {
 public:
  Measurements(const Request& request, const std::function<void(const Step&)>& on_step, int stop)
      : request_(request), on_step_(on_step), stop_(stop) {}

  Run sweep(int32_t threads, size_t index, size_t count) {
    Order order = order_for(threads);
    order.runs = request_.runs;
    const auto each = static_cast<double>(1 + request_.warmup + request_.runs);
    const auto on_news = [&](const News& news) {
      const double before = static_cast<double>(index) * each;
      on_step_({threads, before + static_cast<double>(news.done), static_cast<double>(count) * each, nullptr});
    };
    return finish(order, on_news).run.value();
  }

  Sustained sustain(int32_t threads) {
    Order order = order_for(threads);
    order.seconds = *request_.minutes * 60;
    order.interval = std::max(order.seconds / kIntervals, kShortestInterval);
    Sustained sustained;
    sustained.threads = threads;
    const auto on_news = [&](const News& news) {
      if (!news.interval) return;
      sustained.intervals.push_back(*news.interval);
      on_step_({threads, news.interval->seconds, order.seconds, &sustained.intervals.back()});
    };
    finish(order, on_news);
    return sustained;
  }

  const std::string& engine_version() const { return engine_version_; }

  // py/oarlock/bench has the same sentences.
  std::vector<std::string> remarks() const {
    std::vector<std::string> sentences;
    if (request_.variant.rfind("x86-", 0) == 0) {
      sentences.emplace_back(
          "Paddle Lite's x86 engine is there to check models: its times say nothing about a device.");
    }
    if (!not_finite_.empty()) {
      sentences.push_back("The output '" + not_finite_ +
                          "' holds NaN or infinity: a model that computes wrongly has times of no meaning.");
    }
    return sentences;
  }

 private:
  Order order_for(int32_t threads) const {
    Order order;
    order.bundle = request_.bundle;
    order.cache = request_.cache;
    order.variant = request_.variant;
    order.engine = request_.engine;
    order.threads = threads;
    order.power = request_.power;
    order.warmup = request_.warmup;
    return order;
  }

  News finish(const Order& order, const std::function<void(const News&)>& on_news) {
    const std::string name = text(order.bundle, ", ", order.variant, " with ", order.threads, " threads");
    News last = unpack(run_child(
        name, [&order](const Tell& tell) { measure(order, tell); },
        [&on_news](const std::string& message) { on_news(unpack(message)); }, stop_));
    engine_version_ = last.engine;
    if (not_finite_.empty()) not_finite_ = last.not_finite;
    return last;
  }

  const Request& request_;
  const std::function<void(const Step&)>& on_step_;
  int stop_;
  std::string engine_version_;
  std::string not_finite_;
};

}  // namespace

std::vector<int32_t> default_threads() {
  const int32_t most = std::min(available_processors(), kMostThreads);
  std::vector<int32_t> counts;
  for (int32_t count = 1; count < most; count *= 2) counts.push_back(count);
  counts.push_back(most);
  return counts;
}

Result run(const Request& request, const std::map<std::string, std::string>& environment,
           const std::function<void(const Step&)>& on_step, int stop) {
  Measurements measurements(request, on_step, stop);
  Result result;
  result.bundle = request.bundle;
  result.variant = request.variant;
  result.power = request.power;
  const std::vector<int32_t> counts = request.threads.empty() ? default_threads() : request.threads;
  for (size_t i = 0; i < counts.size(); ++i) {
    result.runs.push_back(measurements.sweep(counts[i], i, counts.size()));
  }
  if (request.minutes) {
    const auto fastest = std::min_element(result.runs.begin(), result.runs.end(), [](const Run& one, const Run& other) {
      return one.summary.p50_ms < other.summary.p50_ms;
    });
    result.sustained = measurements.sustain(fastest->threads);
  }
  result.environment = environment;
  result.environment["engine"] = measurements.engine_version();
  result.remarks = measurements.remarks();
  return result;
}

}  // namespace bench
}  // namespace app
}  // namespace oarlock
