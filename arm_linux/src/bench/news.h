// What a measuring process tells the one that started it.
#ifndef OARLOCK_ARM_LINUX_BENCH_NEWS_H_
#define OARLOCK_ARM_LINUX_BENCH_NEWS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "bench/result.h"

namespace oarlock {
namespace app {
namespace bench {

struct News {
  int64_t done = 0;                  // runs so far
  std::optional<Interval> interval;  // in a sustained run: one that is over
  std::optional<Run> run;            // in the last news of others
  // In the last news:
  std::string engine;      // version of Paddle Lite
  std::string not_finite;  // name of the first output that holds NaN or infinity; "" for none
};

// The news as bytes, for a process that is a fork of the same program.
std::string pack(const News& news);
News unpack(const std::string& bytes);

}  // namespace bench
}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_BENCH_NEWS_H_
