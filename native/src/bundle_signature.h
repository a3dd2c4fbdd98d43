// bundle.sig, the signature of a bundle (docs/schema/signature.schema.json).
#ifndef OARLOCK_SRC_BUNDLE_SIGNATURE_H_
#define OARLOCK_SRC_BUNDLE_SIGNATURE_H_

#include <string>

#include "public_key.h"

namespace oarlock {

constexpr const char* kSignatureFile = "bundle.sig";

// Checks that the text of a bundle.sig says that the key's owner signed a bundle.json. What is signed is the line
// "oarlock bundle 1\n" followed by the bytes of bundle.json: no signature of anything else by the same key can be
// passed off as one of a bundle. `file` stands for the bundle.sig in messages, `key_name` for the key.
// OAR_BAD_SIGNATURE, OAR_WRONG_KEY, OAR_CHANGED_AFTER_SIGNING.
void check_signature(const std::string& signature, const std::string& file, const std::string& manifest,
                     const PublicKey& key, const std::string& key_name);

}  // namespace oarlock

#endif  // OARLOCK_SRC_BUNDLE_SIGNATURE_H_
