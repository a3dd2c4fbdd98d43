#include "nb_kernel.h"

#include <array>

namespace oarlock {
namespace {

constexpr std::array kTargets = {
    "unknown", "host", "x86",   "cuda", "arm",       "opencl",          "any",        "fpga",  "npu",      "xpu",
    "bm",      "mlu",  "rknpu", "apu",  "ascendnpu", "imagination_nna", "intel_fpga", "metal", "nnadapter"};
constexpr std::array kPrecisions = {"unknown", "float", "int8",  "int32", "any", "fp16",
                                    "bool",    "int64", "int16", "uint8", "fp64"};
constexpr std::array kLayouts = {"unknown",        "nchw",         "any",      "nhwc",
                                 "image_default",  "image_folder", "image_nw", "metal_texture2d_array",
                                 "metal_texture2d"};

// The last "/"-separated part of `text`, which is cut off together with its slash; nothing when there is no slash.
std::optional<std::string_view> cut_last(std::string_view& text) {
  const size_t slash = text.rfind('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view last = text.substr(slash + 1);
  text = text.substr(0, slash);
  return last;
}

// names[number], for a number of one or two digits.
template <size_t N>
std::optional<std::string> named(const std::array<const char*, N>& names, std::optional<std::string_view> number) {
  if (!number || number->empty() || number->size() > 2) return std::nullopt;
  size_t index = 0;
  for (const char digit : *number) {
    if (digit < '0' || digit > '9') return std::nullopt;
    index = index * 10 + static_cast<size_t>(digit - '0');
  }
  if (index >= N) return std::nullopt;
  return names[index];
}

}  // namespace

std::optional<NbKernel> parse_kernel(std::string_view attribute) {
  const auto layout = named(kLayouts, cut_last(attribute));
  const auto precision = named(kPrecisions, cut_last(attribute));
  const auto target = named(kTargets, cut_last(attribute));
  const auto alias = cut_last(attribute);
  if (!layout || !precision || !target || !alias || attribute.empty()) return std::nullopt;
  return NbKernel{*target, *precision, *layout};
}

}  // namespace oarlock
