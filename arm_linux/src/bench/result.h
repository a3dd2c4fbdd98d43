// What a benchmark gives: docs/schema/bench.schema.json, field by field.
#ifndef OARLOCK_ARM_LINUX_BENCH_RESULT_H_
#define OARLOCK_ARM_LINUX_BENCH_RESULT_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/sensors.h"
#include "bench/statistics.h"
#include "json.h"
#include "oarlock.h"

namespace oarlock {
namespace app {
namespace bench {

// An item of "runs".
struct Run {
  int32_t threads = 0;
  double init_ms = 0;
  double first_ms = 0;
  int64_t warmup = 0;
  int64_t runs = 0;
  Summary summary;
  uint64_t peak_rss_bytes = 0;
};

// An item of "sustained.intervals".
struct Interval {
  double seconds = 0;
  double p50_ms = 0;
  Reading reading;
};

struct Sustained {
  int32_t threads = 0;
  std::vector<Interval> intervals;
};

// What was measured on this machine.
struct Result {
  std::string bundle;
  std::string variant;
  std::map<std::string, std::string> environment;
  oar_power power = OAR_POWER_NO_BIND;
  std::vector<Run> runs;
  std::optional<Sustained> sustained;
  std::vector<std::string> remarks;
};

// "high", "low", "full", "none", "rand-high", "rand-low": the power modes as command lines call them.
const char* power_name(oar_power power);

OrderedJson to_json(const Result& result);

}  // namespace bench
}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_BENCH_RESULT_H_
