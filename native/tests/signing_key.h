// Ed25519 keys that sign bundles in tests. Oarlock itself signs in Python (py/oarlock/signing.py), with another
// library.
#ifndef OARLOCK_TESTS_SIGNING_KEY_H_
#define OARLOCK_TESTS_SIGNING_KEY_H_

#include <sodium.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

namespace oarlock {
namespace testing {

class SigningKey {
 public:
  // Different seeds, different keys.
  explicit SigningKey(unsigned char seed) {
    unsigned char bytes[crypto_sign_ed25519_SEEDBYTES];
    std::fill(std::begin(bytes), std::end(bytes), seed);
    ::crypto_sign_ed25519_seed_keypair(public_, secret_, bytes);
  }

  // SubjectPublicKeyInfo in DER.
  std::string der() const {
    return std::string("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", 12) +
           std::string(reinterpret_cast<const char*>(public_), sizeof public_);
  }

  static std::string pem(const std::string& label, const std::string& der) {
    std::string base64(sodium_base64_ENCODED_LEN(der.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
    ::sodium_bin2base64(base64.data(), base64.size(), reinterpret_cast<const unsigned char*>(der.data()), der.size(),
                        sodium_base64_VARIANT_ORIGINAL);
    base64.pop_back();  // NUL.
    return "-----BEGIN " + label + "-----\n" + base64 + "\n-----END " + label + "-----\n";
  }

  std::string public_pem() const { return pem("PUBLIC KEY", der()); }

  std::string id() const { return sha256(der()); }

  // The content of bundle.sig for a bundle.json.
  nlohmann::json sign(const std::string& manifest) const {
    return {{"format", "oarlock-signature"},
            {"format_version", 1},
            {"algorithm", "ed25519"},
            {"key_id", id()},
            {"bundle_sha256", sha256(manifest)},
            {"signature", sign_bytes("oarlock bundle 1\n" + manifest)}};
  }

  // The signature of any message, in hexadecimal.
  std::string sign_bytes(const std::string& message) const {
    unsigned char signature[crypto_sign_ed25519_BYTES];
    ::crypto_sign_ed25519_detached(signature, nullptr, reinterpret_cast<const unsigned char*>(message.data()),
                                   message.size(), secret_);
    return hex(signature, sizeof signature);
  }

  static std::string hex(const unsigned char* bytes, size_t size) {
    std::string digits(2 * size + 1, '\0');
    ::sodium_bin2hex(digits.data(), digits.size(), bytes, size);
    digits.pop_back();
    return digits;
  }

 private:
  static std::string sha256(const std::string& text) {
    unsigned char hash[crypto_hash_sha256_BYTES];
    ::crypto_hash_sha256(hash, reinterpret_cast<const unsigned char*>(text.data()), text.size());
    return hex(hash, sizeof hash);
  }

  unsigned char public_[crypto_sign_ed25519_PUBLICKEYBYTES];
  unsigned char secret_[crypto_sign_ed25519_SECRETKEYBYTES];
};

}  // namespace testing
}  // namespace oarlock

#endif  // OARLOCK_TESTS_SIGNING_KEY_H_
