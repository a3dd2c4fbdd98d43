#include "public_key.h"

#include <sodium.h>

#include <algorithm>
#include <string_view>

#include "sha256.h"
#include "status.h"

// libsodium is used without sodium_init: that chooses among implementations of things that are not used here, and it
// asks for random bytes, without which it aborts.

namespace oarlock {
namespace {

constexpr const char* kAdvice =
    "expected an Ed25519 public key in PEM, as `oarlock keygen` or `openssl pkey -pubout` writes it";

// SEQUENCE { SEQUENCE { OBJECT IDENTIFIER 1.3.101.112 } BIT STRING of the 32 bytes that follow }
constexpr std::string_view kEd25519Prefix("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", 12);

struct Algorithm {
  const char* name;
  std::string_view identifier;  // OBJECT IDENTIFIER in DER.
};

constexpr Algorithm kOtherAlgorithms[] = {
    {"an RSA key", std::string_view("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", 11)},
    {"a key of an elliptic curve other than Ed25519", std::string_view("\x06\x07\x2a\x86\x48\xce\x3d\x02\x01", 9)},
    {"an X25519 key", std::string_view("\x06\x03\x2b\x65\x6e", 5)},
    {"an X448 key", std::string_view("\x06\x03\x2b\x65\x6f", 5)},
    {"an Ed448 key", std::string_view("\x06\x03\x2b\x65\x71", 5)},
};

struct PemBlock {
  std::string_view label;
  std::string_view body;  // Base64 in lines.
};

// The first block of the text; one without a label when there is none.
PemBlock find_block(std::string_view pem) {
  constexpr std::string_view kBegin = "-----BEGIN ", kEnd = "-----END ", kDashes = "-----";
  const size_t begin = pem.find(kBegin);
  if (begin == std::string_view::npos) return {};
  const size_t label = begin + kBegin.size();
  const size_t label_end = pem.find(kDashes, label);
  if (label_end == std::string_view::npos) return {};
  const size_t body = label_end + kDashes.size();
  const size_t end = pem.find(kEnd, body);
  if (end == std::string_view::npos) return {};
  return {pem.substr(label, label_end - label), pem.substr(body, end - body)};
}

std::string decode(std::string_view base64, const std::string& name) {
  std::string bytes(base64.size(), '\0');
  size_t size = 0;
  const int status = ::sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), base64.data(),
                                         base64.size(), " \t\r\n", &size, nullptr, sodium_base64_VARIANT_ORIGINAL);
  if (status != 0) fail(OAR_BAD_KEY, name, ": its Base64 is damaged, ", kAdvice);
  bytes.resize(size);
  return bytes;
}

std::string read_der(const std::string& pem, const std::string& name) {
  const PemBlock block = find_block(pem);
  if (block.label.empty()) fail(OAR_BAD_KEY, name, ": is no PEM file, ", kAdvice);
  constexpr std::string_view kPrivate = "PRIVATE KEY";
  if (block.label.size() >= kPrivate.size() && block.label.substr(block.label.size() - kPrivate.size()) == kPrivate) {
    fail(OAR_BAD_KEY, name, ": holds a private key, ", kAdvice, "; a private key belongs where bundles are signed");
  }
  if (block.label != "PUBLIC KEY") fail(OAR_BAD_KEY, name, ": holds \"", block.label, "\", ", kAdvice);
  return decode(block.body, name);
}

}  // namespace

PublicKey::PublicKey(const std::string& pem, const std::string& name) {
  const std::string der = read_der(pem, name);
  for (const Algorithm& other : kOtherAlgorithms) {
    if (der.find(other.identifier) < kEd25519Prefix.size())
      fail(OAR_BAD_KEY, name, ": holds ", other.name, ", ", kAdvice);
  }
  if (der.size() != kEd25519Prefix.size() + bytes_.size() ||
      der.compare(0, kEd25519Prefix.size(), kEd25519Prefix) != 0) {
    fail(OAR_BAD_KEY, name, ": holds something else, ", kAdvice);
  }
  std::copy(der.begin() + kEd25519Prefix.size(), der.end(), bytes_.begin());
  Sha256 hash;
  hash.update(der.data(), der.size());
  id_ = hash.finish();
}

bool PublicKey::verifies(const Signature& signature, const std::string& message) const {
  const auto* bytes = reinterpret_cast<const unsigned char*>(message.data());
  return ::crypto_sign_ed25519_verify_detached(signature.data(), bytes, message.size(), bytes_.data()) == 0;
}

bool parse_signature(const std::string& hex, Signature& out) {
  size_t size = 0;
  const bool parsed = ::sodium_hex2bin(out.data(), out.size(), hex.data(), hex.size(), nullptr, &size, nullptr) == 0;
  return parsed && size == out.size() && hex.size() == 2 * out.size();
}

}  // namespace oarlock
