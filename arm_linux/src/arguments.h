// The command line of oarlock-classify.
#ifndef OARLOCK_ARM_LINUX_ARGUMENTS_H_
#define OARLOCK_ARM_LINUX_ARGUMENTS_H_

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "oarlock.h"

namespace oarlock {
namespace app {

// What the program is asked to do; pictures when no option says otherwise.
enum class Task { kPictures, kFrames, kSelftest, kBench, kFacts, kServe };

enum class Format { kText, kJson, kCsv };

struct Arguments {
  Task task = Task::kPictures;
  Format format = Format::kText;
  std::string bundle;                 // "" where the task needs none
  std::vector<std::string> pictures;  // files, folders, "-"; for --raw at most one: a file, a pipe or "-"
  std::string variant;                // its id; "" for the most exact that fits
  std::string engine;                 // a library of Paddle Lite, or a folder with one; "" to search
  int32_t threads = 1;                // those of the engine; for --bench see thread_counts
  oar_power power = OAR_POWER_NO_BIND;
  size_t top = 5;
  int64_t max_pixels = 0;

  // --selftest
  bool all_variants = false;
  double limit = 0;  // 0: those of the bundle

  // --bench
  std::vector<int32_t> thread_counts;  // none: 1, 2, 4 … and all processors
  int64_t runs = 50;
  int64_t warmup = 5;
  std::optional<double> minutes;

  // --raw, --camera
  std::string raw;        // "yuyv:640x480"
  std::string camera;     // "/dev/video0"
  std::string yuv_range;  // "full", "limited"; "" for the format's usual one
  int32_t rotation = 0;   // degrees clockwise that make a frame upright
  bool mirror = false;    // afterwards
};

// The command line is wrong: what() is a sentence, with the option's name.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The command line asks for a text, --help or --version, and for nothing else.
struct Information {
  std::string text;
};

// What --help prints.
std::string help();

// Throws UsageError and Information.
Arguments parse_arguments(int argc, char** argv);

}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_ARGUMENTS_H_
