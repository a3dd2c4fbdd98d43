// Choosing among the variants of a bundle.
#ifndef OARLOCK_SRC_BUNDLE_VARIANTS_H_
#define OARLOCK_SRC_BUNDLE_VARIANTS_H_

#include <string>
#include <vector>

#include "bundle_manifest.h"

namespace oarlock {

// `bundle` stands for the bundle in messages. OAR_NOT_FOUND names the variants there are.
const BundleVariant& named_variant(const std::vector<BundleVariant>& variants, const std::string& id,
                                   const std::string& bundle);

// The most exact variant for this CPU: fp32, fp16 (where the CPU computes in it), int16w, int8w, int8. One for OpenCL
// is never taken unasked. OAR_WRONG_TARGET when none fits.
const BundleVariant& best_variant(const std::vector<BundleVariant>& variants, const std::string& bundle);

// Why the processor here cannot run a variant, "made for arm64, and this machine is x86-64"; "" when it can, or when
// that takes more than a processor, such as OpenCL on ARM.
std::string why_not_here(const BundleVariant& variant);

// Whether a variant runs here only where there is an accelerator, of which the core knows nothing: OpenCL, or what
// --places named. Such variants are for those who ask for them.
bool needs_accelerator(const BundleVariant& variant);

}  // namespace oarlock

#endif  // OARLOCK_SRC_BUNDLE_VARIANTS_H_
