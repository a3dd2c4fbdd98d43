#include "bench/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace oarlock {
namespace app {
namespace bench {

double percentile(const std::vector<double>& ordered, double part) {
  const double position = part * static_cast<double>(ordered.size() - 1);
  const auto below = static_cast<size_t>(position);
  if (below + 1 == ordered.size()) return ordered[below];
  return ordered[below] + (position - static_cast<double>(below)) * (ordered[below + 1] - ordered[below]);
}

double milliseconds(double seconds) { return std::round(seconds * 1e7) / 1e4; }

Summary summarize(std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  const double sum = std::accumulate(seconds.begin(), seconds.end(), 0.0);
  return {milliseconds(percentile(seconds, 0.5)),  milliseconds(percentile(seconds, 0.9)),
          milliseconds(percentile(seconds, 0.99)), milliseconds(sum / static_cast<double>(seconds.size())),
          milliseconds(seconds.front()),           milliseconds(seconds.back())};
}

}  // namespace bench
}  // namespace app
}  // namespace oarlock
