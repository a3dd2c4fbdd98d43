// What the system tells of heat and clock, under /sys. py/oarlock/bench/_sensors.py reads the same:
//
//     temperature   thermal zones and, on PCs, hwmon chips of the processor; the hottest counts
//     frequency     scaling_cur_freq of every cpufreq policy; the fastest counts, since idle cores are clocked down
//     throttling    Intel's throttle counters, the Raspberry Pi's firmware, cooling devices that act on the processor
#ifndef OARLOCK_ARM_LINUX_BENCH_SENSORS_H_
#define OARLOCK_ARM_LINUX_BENCH_SENSORS_H_

#include <optional>
#include <string>

namespace oarlock {
namespace app {
namespace bench {

// What was read at one moment; nothing where this system does not tell. `throttled` looks back to the reading before
// this one where the system counts, and otherwise is about the moment.
struct Reading {
  std::optional<double> temperature_c;
  std::optional<double> frequency_mhz;
  std::optional<bool> throttled;
};

class Sensors {
 public:
  // The sensors below `sys`, which is another folder in tests only.
  explicit Sensors(std::string sys = "/sys");

  // What cannot be read is not there. One thread at a time.
  Reading read();

 private:
  std::optional<double> temperature() const;
  std::optional<double> frequency() const;
  std::optional<bool> throttled();

  std::string sys_;
  long long counted_;
};

}  // namespace bench
}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_BENCH_SENSORS_H_
