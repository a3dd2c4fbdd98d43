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

}  // namespace oarlock

#endif  // OARLOCK_SRC_BUNDLE_VARIANTS_H_
