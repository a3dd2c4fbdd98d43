// What happens in a measuring process: a model is loaded and run.
#ifndef OARLOCK_ARM_LINUX_BENCH_MEASURE_H_
#define OARLOCK_ARM_LINUX_BENCH_MEASURE_H_

#include <cstdint>
#include <string>

#include "bench/child.h"
#include "oarlock.h"

namespace oarlock {
namespace app {
namespace bench {

// What a child is to measure.
struct Order {
  std::string bundle;   // its folder
  std::string cache;    // a folder as for oar_bundle_options; "" for none
  std::string variant;  // its id
  std::string engine;   // path of Paddle Lite's library
  int32_t threads = 1;
  oar_power power = OAR_POWER_NO_BIND;
  int64_t warmup = 0;  // runs after the first
  int64_t runs = 0;    // runs after those, which are measured; 0 in a sustained run
  double seconds = 0;  // length of a sustained run; 0 in others
  double interval = 0;
};

// The whole work of a child: tells packed News a few times a second, in a sustained run after every interval, and at
// last. Throws Failure and the core's Error.
void measure(const Order& order, const Tell& tell);

}  // namespace bench
}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_BENCH_MEASURE_H_
