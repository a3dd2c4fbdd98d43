#include "bundle_signature.h"

#include "json_field.h"
#include "sha256.h"
#include "status.h"

namespace oarlock {
namespace {

constexpr int64_t kFormatVersion = 1;
constexpr const char* kContext = "oarlock bundle 1\n";

struct SignatureFile {
  std::string key_id;
  std::string manifest_sha256;  // Tells apart what was changed: it is not signed, and proves nothing.
  Signature signature;
};

SignatureFile parse(const std::string& text, const std::string& file) {
  const nlohmann::ordered_json document = parse_json(text, file, OAR_BAD_SIGNATURE);
  const JsonField root(document, file, OAR_BAD_SIGNATURE);
  check_format(root, "oarlock-signature", kFormatVersion);
  root.object({"format", "format_version", "algorithm", "key_id", "bundle_sha256", "signature"});
  root["algorithm"].one_of({"ed25519"});
  SignatureFile result = {root["key_id"].string(), root["bundle_sha256"].string(), {}};
  if (!parse_signature(root["signature"].string(), result.signature)) {
    root["signature"].bad("is no Ed25519 signature, expected 128 hexadecimal digits");
  }
  return result;
}

}  // namespace

void check_signature(const std::string& signature, const std::string& file, const std::string& manifest,
                     const PublicKey& key, const std::string& key_name) {
  const SignatureFile found = parse(signature, file);
  if (found.key_id != key.id()) {
    fail(OAR_WRONG_KEY, file, ": was made with the key ", found.key_id, ", but ", key_name, " is the key ", key.id(),
         ": use the public key of whoever signed the bundle, or ask the owner of this one for a bundle");
  }
  Sha256 hash;
  hash.update(manifest.data(), manifest.size());
  if (found.manifest_sha256 != hash.finish()) {
    fail(OAR_CHANGED_AFTER_SIGNING, file, ": is for another bundle.json than the one beside it, which was changed ",
         "after it was signed: copy the bundle again, or sign it again with `oarlock sign`");
  }
  if (!key.verifies(found.signature, kContext + manifest)) {
    fail(OAR_BAD_SIGNATURE, file, ": is not the signature of bundle.json by ", key_name,
         ": it was damaged or forged; copy the bundle again");
  }
}

}  // namespace oarlock
