// What many times of one thing come to. py/oarlock/bench/_statistics.py computes the same.
#ifndef OARLOCK_ARM_LINUX_BENCH_STATISTICS_H_
#define OARLOCK_ARM_LINUX_BENCH_STATISTICS_H_

#include <vector>

namespace oarlock {
namespace app {
namespace bench {

// In milliseconds, to a tenth of a microsecond.
struct Summary {
  double p50_ms = 0;
  double p90_ms = 0;
  double p99_ms = 0;
  double mean_ms = 0;
  double min_ms = 0;
  double max_ms = 0;
};

// The value below which `part`, 0 to 1, of the values lie; `ordered` ascends and is not empty. Between two values it is
// interpolated linearly, at the position part * (count - 1): Hyndman and Fan's method 7 (The American Statistician 50,
// 1996), numpy's default.
double percentile(const std::vector<double>& ordered, double part);

double milliseconds(double seconds);

// Of at least one time in seconds.
Summary summarize(std::vector<double> seconds);

}  // namespace bench
}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_BENCH_STATISTICS_H_
