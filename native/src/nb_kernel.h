// Kernel names as .nb files spell them.
#ifndef OARLOCK_SRC_NB_KERNEL_H_
#define OARLOCK_SRC_NB_KERNEL_H_

#include <optional>
#include <string>
#include <string_view>

namespace oarlock {

// The kernel that the optimiser chose for an operator, in words: "arm", "float", "nchw".
struct NbKernel {
  std::string target;
  std::string precision;
  std::string layout;
};

// Parses "op/alias/target/precision/layout" with the engine's numbers, such as "conv2d/def/4/1/1". Nothing when it is
// not of that form or has a number that 2.12 does not know. (An alias may hold no slash; the operator's name may.)
std::optional<NbKernel> parse_kernel(std::string_view attribute);

}  // namespace oarlock

#endif  // OARLOCK_SRC_NB_KERNEL_H_
