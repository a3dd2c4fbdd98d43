#include "bundle_variants.h"

#include "cpu.h"
#include "status.h"

namespace oarlock {
namespace {

std::string ids_of(const std::vector<BundleVariant>& variants) {
  std::string ids;
  for (const BundleVariant& variant : variants) ids += text(ids.empty() ? "'" : ", '", variant.id, "'");
  return ids;
}

}  // namespace

const BundleVariant& named_variant(const std::vector<BundleVariant>& variants, const std::string& id,
                                   const std::string& bundle) {
  for (const BundleVariant& variant : variants) {
    if (variant.id == id) return variant;
  }
  fail(OAR_NOT_FOUND, bundle, ": has no variant '", id, "', expected one of: ", ids_of(variants));
}

const BundleVariant& best_variant(const std::vector<BundleVariant>& variants, const std::string& bundle) {
  for (const char* precision : {"fp32", "fp16", "int16w", "int8w", "int8"}) {
    for (const BundleVariant& variant : variants) {
      if (variant.precision == precision && variant.target == cpu_target() && why_not_here(variant).empty()) {
        return variant;
      }
    }
  }
  fail(OAR_WRONG_TARGET, bundle, ": has no variant for this machine (", cpu_name(), "), only ", ids_of(variants),
       ": make one with `oarlock opt … --target ", cpu_target(), "`");
}

std::string why_not_here(const BundleVariant& variant) {
  const std::string here = cpu_target();
  const bool opencl = variant.target == "opencl";
  if (variant.target == "custom" || (opencl && here != "x86")) return "";
  if (variant.target != here) {
    return text("made for ", opencl ? "OpenCL on ARM" : variant.target, ", and this machine is ", cpu_name());
  }
  if (variant.precision != "fp16" || cpu_has_fp16_arithmetic()) return "";
  return "made for half-precision arithmetic, which this processor lacks";
}

bool needs_accelerator(const BundleVariant& variant) {
  return variant.target == "opencl" || variant.target == "custom";
}

}  // namespace oarlock
