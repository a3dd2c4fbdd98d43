// oarlock-classify --bench: how fast a bundle is on this machine, each number of threads in a process of its own.
#ifndef OARLOCK_ARM_LINUX_BENCH_BENCH_H_
#define OARLOCK_ARM_LINUX_BENCH_BENCH_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/result.h"
#include "oarlock.h"

namespace oarlock {
namespace app {
namespace bench {

struct Request {
  std::string bundle;            // its folder, absolute
  std::string cache;             // as for oar_bundle_options; "" for none
  std::string variant;           // its id
  std::string engine;            // path of Paddle Lite's library
  std::vector<int32_t> threads;  // 1 to 64 each; none for default_threads()
  int64_t runs = 50;
  int64_t warmup = 5;
  std::optional<double> minutes;  // of the sustained run; nothing for none
  oar_power power = OAR_POWER_NO_BIND;
};

// How far a measurement is.
struct Step {
  int32_t threads;
  double done;               // runs of the whole sweep; seconds of the sustained run
  double total;              // the same
  const Interval* interval;  // in a sustained run what was measured last; else NULL
};

// 1, 2, 4 … and all processors that this process may use, 64 at most.
std::vector<int32_t> default_threads();

// Measures. `environment` is the field of that name, to which the engine's version is added. `on_step` is called a few
// times a second, while the model does not run; `stop` is a descriptor that becomes readable when the user wants an
// end, or -1. The engine must not be loaded in this process, which must have one thread. Throws Failure, the core's
// Error, and Interrupted.
Result run(const Request& request, const std::map<std::string, std::string>& environment,
           const std::function<void(const Step&)>& on_step, int stop);

}  // namespace bench
}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_BENCH_BENCH_H_
