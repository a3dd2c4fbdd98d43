// --bench: what is computed from times, what is read of heat and clock, and the processes that measure.
#include "bench/bench.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstring>
#include <limits>
#include <numeric>
#include <thread>

#include "../../native/tests/temporary_folder.h"
#include "bench/child.h"
#include "bench/inputs.h"
#include "bench/memory.h"
#include "bench/news.h"
#include "bench/sensors.h"
#include "bench/statistics.h"
#include "bench/view.h"
#include "failures.h"
#include "frames/waiting.h"
#include "status.h"

namespace oarlock {
namespace app {
namespace bench {
namespace {

using app::testing::failure_of;
using oarlock::testing::TemporaryFolder;

TEST(Statistics, PercentilesAreInterpolated) {
  // numpy.percentile([1, 2, 4, 8], [50, 90, 99, 100]), and of one value.
  const std::vector<double> values = {1, 2, 4, 8};
  EXPECT_DOUBLE_EQ(percentile(values, 0.5), 3);
  EXPECT_DOUBLE_EQ(percentile(values, 0.9), 6.8);
  EXPECT_DOUBLE_EQ(percentile(values, 0.99), 7.88);
  EXPECT_DOUBLE_EQ(percentile(values, 1), 8);
  EXPECT_DOUBLE_EQ(percentile({5}, 0.9), 5);
}

TEST(Statistics, Summary) {
  const Summary summary = summarize({0.008, 0.001, 0.004, 0.00212345678});
  EXPECT_DOUBLE_EQ(summary.min_ms, 1);
  EXPECT_DOUBLE_EQ(summary.max_ms, 8);
  EXPECT_DOUBLE_EQ(summary.p50_ms, 3.0617);  // To a tenth of a microsecond.
  EXPECT_DOUBLE_EQ(summary.mean_ms, 3.7809);
}

TEST(Memory, GrowsWithWhatIsTouched) {
  constexpr size_t kSize = 64 << 20;
  const uint64_t before = peak_rss_bytes();
  {
    std::vector<char> memory(kSize, 1);
    EXPECT_EQ(std::accumulate(memory.begin(), memory.begin() + 8, 0), 8);
  }
  EXPECT_GE(peak_rss_bytes(), std::max<uint64_t>(before, kSize));
  EXPECT_LE(peak_rss_bytes(), before + 2 * kSize);
}

class SensorsTest : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) { folder_.write(name, text + "\n"); }
  void zone(int number, const std::string& kind, const std::string& value) {
    const std::string path = "class/thermal/thermal_zone" + std::to_string(number);
    write(path + "/type", kind);
    write(path + "/temp", value);
  }
  Reading read() { return Sensors(folder_.path()).read(); }

  TemporaryFolder folder_;
};

TEST_F(SensorsTest, ASystemThatTellsNothing) {
  const Reading reading = read();
  EXPECT_FALSE(reading.temperature_c || reading.frequency_mhz || reading.throttled);
}

TEST_F(SensorsTest, TheHottestSensorOfTheProcessor) {
  zone(0, "battery", "99000");
  EXPECT_EQ(read().temperature_c, 99.0);  // Better than none.
  zone(1, "cpu-thermal", "61200");
  zone(2, "CPU-therm", "64500");
  zone(3, "soc-thermal", "-256000");  // Not connected.
  zone(4, "cpu-broken", "no number");
  EXPECT_EQ(read().temperature_c, 64.5);
  write("class/hwmon/hwmon0/name", "k10temp");
  write("class/hwmon/hwmon0/temp1_input", "71125");
  write("class/hwmon/hwmon1/name", "nvme");
  write("class/hwmon/hwmon1/temp1_input", "80000");
  EXPECT_EQ(read().temperature_c, 71.125);
}

TEST_F(SensorsTest, TheFastestCore) {
  write("devices/system/cpu/cpufreq/policy0/scaling_cur_freq", "600000");
  write("devices/system/cpu/cpufreq/policy4/scaling_cur_freq", "1800000");
  write("devices/system/cpu/cpufreq/policy6/scaling_cur_freq", "<unknown>");
  EXPECT_EQ(read().frequency_mhz, 1800.0);
}

TEST_F(SensorsTest, IntelsCountersCountFromTheLastReading) {
  const std::string counter = "devices/system/cpu/cpu1/thermal_throttle/core_throttle_count";
  write(counter, "7");
  Sensors sensors(folder_.path());
  EXPECT_EQ(sensors.read().throttled, false);
  write(counter, "9");
  EXPECT_EQ(sensors.read().throttled, true);
  EXPECT_EQ(sensors.read().throttled, false);
}

TEST_F(SensorsTest, TheRaspberryPisFirmware) {
  // Bits of now: 0 too little voltage, 1 frequency capped, 2 throttled, 3 soft limit; the same from 16 on: since boot.
  for (const auto& [state, throttled] :
       {std::pair("0", false), std::pair("50005", true), std::pair("e0008", true), std::pair("f0001", false)}) {
    write("devices/platform/soc/soc:firmware/get_throttled", state);
    EXPECT_EQ(read().throttled, throttled) << state;
  }
}

TEST_F(SensorsTest, CoolingDevices) {
  write("class/thermal/cooling_device0/type", "pwm-fan");
  write("class/thermal/cooling_device0/cur_state", "3");
  EXPECT_EQ(read().throttled, std::nullopt);
  write("class/thermal/cooling_device1/type", "cpufreq-cpu0");
  write("class/thermal/cooling_device1/cur_state", "0");
  EXPECT_EQ(read().throttled, false);
  write("class/thermal/cooling_device1/cur_state", "2");
  EXPECT_EQ(read().throttled, true);
}

oar_tensor tensor(oar_dtype dtype, std::initializer_list<int64_t> dims) {
  oar_tensor result = {};
  result.struct_size = sizeof result;
  result.name = "x";
  result.dtype = dtype;
  result.rank = static_cast<int32_t>(dims.size());
  std::copy(dims.begin(), dims.end(), result.dims);
  return result;
}

TEST(Inputs, Shapes) {
  oar_tensor batch = tensor(OAR_FLOAT32, {-1, 3, 8, 8});
  fix_shape(batch, std::nullopt);
  EXPECT_EQ(batch.dims[0], 1);
  oar_tensor planes = tensor(OAR_FLOAT32, {-1, 3, -1, -1});
  fix_shape(planes, PictureSize{256, 341});
  EXPECT_EQ(planes.dims[2], 256);
  EXPECT_EQ(planes.dims[3], 341);
  for (oar_tensor open : {tensor(OAR_FLOAT32, {-1, -1}), tensor(OAR_FLOAT32, {1, -1, -1, -1})}) {
    try {
      fix_shape(open, PictureSize{224, 224});
      ADD_FAILURE() << "a size was made up";
    } catch (const Error& error) {
      EXPECT_EQ(error.status(), OAR_BAD_SHAPE);
      EXPECT_NE(std::string(error.what()).find("the input 'x' takes ("), std::string::npos);
    }
  }
}

TEST(Inputs, Contents) {
  const std::vector<uint8_t> bytes = content(tensor(OAR_FLOAT32, {1, 2500}));
  ASSERT_EQ(bytes.size(), 10000u);
  std::vector<float> values(2500);
  std::memcpy(values.data(), bytes.data(), bytes.size());
  // The numbers that tests/py/bench expects of Python.
  EXPECT_FLOAT_EQ(values[0], -1);
  EXPECT_FLOAT_EQ(values[1], 0.236068f);
  EXPECT_FLOAT_EQ(values[2], -0.527864f);
  EXPECT_EQ(values[997], values[0]);
  EXPECT_EQ(values[2499], values[2499 - 2 * 997]);
  EXPECT_GT(*std::max_element(values.begin(), values.end()), 0.99f);
  EXPECT_EQ(content(tensor(OAR_FLOAT64, {3})).size(), 24u);
  EXPECT_EQ(content(tensor(OAR_INT64, {2, 2})), std::vector<uint8_t>(32, 0));
}

TEST(Inputs, NanIsFound) {
  std::vector<float> values = {1, 2, 3};
  oar_tensor output = tensor(OAR_FLOAT32, {3});
  output.data = values.data();
  output.bytes = 12;
  EXPECT_TRUE(is_finite(output));
  values[2] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(is_finite(output));
  values[2] = -std::numeric_limits<float>::infinity();
  EXPECT_FALSE(is_finite(output));
}

TEST(News, TravelsWhole) {
  News news;
  news.done = 17;
  news.interval = Interval{1.5, 2.5, {60.5, std::nullopt, true}};
  news.run = bench::Run{4, 1, 2, 3, 5, {1, 2, 3, 4, 5, 6}, 31'000'000};
  news.engine = "2.12";
  news.not_finite = "softmax.tmp_0";
  const News same = unpack(pack(news));
  EXPECT_EQ(same.done, 17);
  EXPECT_EQ(same.interval->reading.temperature_c, 60.5);
  EXPECT_EQ(same.interval->reading.frequency_mhz, std::nullopt);
  EXPECT_EQ(same.interval->reading.throttled, true);
  EXPECT_EQ(same.run->summary.max_ms, 6);
  EXPECT_EQ(same.run->peak_rss_bytes, 31'000'000u);
  EXPECT_EQ(same.engine, "2.12");
  EXPECT_EQ(same.not_finite, "softmax.tmp_0");
  EXPECT_FALSE(unpack(pack(News{})).run);
  EXPECT_THROW(unpack("nonsense"), Error);
}

TEST(Child, MessagesInOrder) {
  std::vector<std::string> seen;
  const std::string last = run_child(
      "model",
      [](const Tell& tell) {
        for (const char* message : {"first", "", "third\n"}) tell(message);
        tell(std::string(100000, 'x'));
      },
      [&](const std::string& message) { seen.push_back(message); }, -1);
  EXPECT_EQ(seen, (std::vector<std::string>{"first", "", "third\n"}));
  EXPECT_EQ(last, std::string(100000, 'x'));
}

std::string failure_in_child(const std::function<void()>& work) {
  return failure_of([&] {
    run_child(
        "model", [&](const Tell&) { work(); }, [](const std::string&) {}, -1);
  });
}

TEST(Child, Failures) {
  EXPECT_EQ(failure_in_child([] { throw Failure("OAR-IO", "no"); }), "OAR-IO: no");
  EXPECT_EQ(failure_in_child([] { fail(OAR_BAD_SHAPE, "neither"); }), "OAR-BAD-SHAPE: neither");
  const std::string aborted = failure_in_child([] {
    std::fputs("[I 1] hello\n[F 11/24 4:42 /x/program.cc Build:645] Check failed:  no op.\n", stderr);
    std::fflush(stderr);
    std::abort();
  });
  EXPECT_EQ(aborted,
            "OAR-ENGINE-CRASHED: model: Paddle Lite gave up (SIGABRT), saying: Check failed: no op. That was in a "
            "process of its own, while it was measured");
  EXPECT_NE(failure_in_child([] { ::raise(SIGSEGV); }).find("Paddle Lite crashed (SIGSEGV)."), std::string::npos);
  EXPECT_NE(failure_in_child([] { ::_exit(7); }).find("ended the process (exit status 7)."), std::string::npos);
  EXPECT_NE(failure_in_child([] { ::raise(SIGKILL); }).find("was ended from outside (SIGKILL), as the system does"),
            std::string::npos);
}

TEST(Child, IsGoneAfterAnInterruption) {
  const frames::Event stop;
  pid_t child = 0;
  const auto forever = [](const Tell& tell) {
    tell(std::to_string(::getpid()));
    tell("");
    for (;;) ::pause();
  };
  const auto on_message = [&](const std::string& message) {
    child = std::stoi(message);
    stop.signal();
  };
  EXPECT_THROW(run_child("model", forever, on_message, stop.descriptor()), Interrupted);
  ASSERT_GT(child, 0);
  EXPECT_EQ(::kill(child, 0), -1);
}

TEST(Bench, Threads) {
  const std::vector<int32_t> counts = default_threads();
  ASSERT_FALSE(counts.empty());
  EXPECT_EQ(counts.front(), 1);
  EXPECT_TRUE(std::is_sorted(counts.begin(), counts.end()));
  EXPECT_LE(counts.back(), 64);
}

TEST(View, AsThePythonCommandShowsIt) {
  Result result;
  result.bundle = "/x.oar";
  result.variant = "arm64-fp32";
  result.environment = {{"processor", "Board 4"}, {"machine", "aarch64"}, {"system", "Linux 6.1"}, {"engine", "2.12"}};
  result.runs = {{1, 90.5, 20, 5, 50, {15.25, 16, 18, 15.5, 0.25, 18.5}, 31'000'000}};
  result.sustained = Sustained{1, {{10, 15, {55.5, 1800.0, false}}, {20, 18, {80.0, 1500.0, true}}}};
  result.remarks = {"So it is."};
  EXPECT_EQ(view(result),
            "/x.oar, arm64-fp32 on host: Board 4 (aarch64), Linux 6.1, Paddle Lite 2.12\n"
            "\n"
            "threads  runs  init ms  first ms  p50 ms  p90 ms  p99 ms  mean ms  min ms  max ms  peak memory\n"
            "      1    50    90.50     20.00   15.25   16.00   18.00    15.50  0.2500   18.50      31.0 MB\n"
            "\n"
            "Without a pause, 1 thread:\n"
            "seconds  p50 ms    °C   MHz  throttled\n"
            "     10   15.00  55.5  1800  no\n"
            "     20   18.00  80.0  1500  yes\n"
            "The last p50 is 1.20 times the best; throttled in 1 of 2 intervals.\n"
            "\n"
            "Note: So it is.\n");
  EXPECT_EQ(progress({2, 113, 168, nullptr}), "2 threads, 113 of 168 runs");
  EXPECT_EQ(progress({1, 130, 600, &result.sustained->intervals[0]}),
            "1 thread, 130 s of 10 min, p50 15.00 ms, 55.5 °C");
}

}  // namespace
}  // namespace bench
}  // namespace app
}  // namespace oarlock
