// The worker's command line.
#ifndef OARLOCK_OPT_NATIVE_ARGUMENTS_H_
#define OARLOCK_OPT_NATIVE_ARGUMENTS_H_

#include <string>
#include <vector>

#include "shim.h"

namespace oarlock {

struct Arguments {
  std::string engine;
  std::string layout;
  std::string version;
  std::string output;
  std::vector<oarlock_place> places;
  std::vector<std::string> devices;
  std::vector<std::string> discarded;
  int weight_bits = 0;
  bool record = false;
};

extern const char kUsage[];

// Throws std::invalid_argument with a text that names the option.
Arguments parse_arguments(int argc, char** argv);

}  // namespace oarlock

#endif  // OARLOCK_OPT_NATIVE_ARGUMENTS_H_
