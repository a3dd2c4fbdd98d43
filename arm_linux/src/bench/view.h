// How --bench shows what was measured, for people: as py/oarlock/commands/_bench_view.py does.
#ifndef OARLOCK_ARM_LINUX_BENCH_VIEW_H_
#define OARLOCK_ARM_LINUX_BENCH_VIEW_H_

#include <string>

#include "bench/bench.h"

namespace oarlock {
namespace app {
namespace bench {

// Everything in a result, in lines, the last of which ends, too.
std::string view(const Result& result);

// "2 threads, 113 of 168 runs"; sustained "4 threads, 130 s of 10 min, p50 35.12 ms, 61.2 °C".
std::string progress(const Step& step);

}  // namespace bench
}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_BENCH_VIEW_H_
