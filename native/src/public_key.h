// Ed25519 public keys in PEM files, and what they verify.
#ifndef OARLOCK_SRC_PUBLIC_KEY_H_
#define OARLOCK_SRC_PUBLIC_KEY_H_

#include <array>
#include <string>

namespace oarlock {

using Signature = std::array<unsigned char, 64>;

class PublicKey {
 public:
  // A SubjectPublicKeyInfo ("BEGIN PUBLIC KEY", RFC 8410) somewhere in `pem`. OAR_BAD_KEY says what it is instead;
  // messages begin with `name`.
  PublicKey(const std::string& pem, const std::string& name);

  // The SHA-256 of the SubjectPublicKeyInfo in DER, in lower-case hexadecimal.
  const std::string& id() const { return id_; }
  // Whether the signature is this key's for the message, by RFC 8032 and with the stricter rules of libsodium.
  bool verifies(const Signature& signature, const std::string& message) const;

 private:
  std::array<unsigned char, 32> bytes_;
  std::string id_;
};

// 128 hexadecimal digits; false for anything else.
bool parse_signature(const std::string& hex, Signature& out);

}  // namespace oarlock

#endif  // OARLOCK_SRC_PUBLIC_KEY_H_
