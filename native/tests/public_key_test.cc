#include "public_key.h"

#include <gtest/gtest.h>

#include "failures.h"
#include "signing_key.h"

namespace {

using oarlock::parse_signature;
using oarlock::PublicKey;
using oarlock::Signature;
using oarlock::testing::fails;
using oarlock::testing::SigningKey;

::testing::AssertionResult is_bad(const std::string& pem, const std::string& part) {
  return fails(OAR_BAD_KEY, part, [&] { PublicKey(pem, "team.pub"); });
}

Signature signature_of(const std::string& hex) {
  Signature signature;
  EXPECT_TRUE(parse_signature(hex, signature));
  return signature;
}

// RFC 8032, section 7.1, tests 1 and 3, the keys as `openssl pkey -pubin` writes them.
TEST(PublicKey, VerifiesTheExamplesOfTheStandard) {
  const PublicKey first(
      "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
      "-----END PUBLIC KEY-----\n",
      "first");
  const Signature of_nothing = signature_of(
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
      "655141438e7a100b");
  EXPECT_TRUE(first.verifies(of_nothing, ""));
  EXPECT_FALSE(first.verifies(of_nothing, "x"));
  const PublicKey third(
      "-----BEGIN PUBLIC KEY-----\r\nMCowBQYDK2VwAyEA/FHNjmIYoaON\r\npH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU=\r\n"
      "-----END PUBLIC KEY-----\r\n",
      "third");
  const Signature of_two_bytes = signature_of(
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28d"
      "c027beceea1ec40a");
  EXPECT_TRUE(third.verifies(of_two_bytes, "\xaf\x82"));
  EXPECT_FALSE(first.verifies(of_two_bytes, "\xaf\x82"));
  Signature changed = of_two_bytes;
  changed[63] ^= 1;
  EXPECT_FALSE(third.verifies(changed, "\xaf\x82"));
}

TEST(PublicKey, IsCalledByTheHashOfItsDer) {
  const SigningKey key(1);
  EXPECT_EQ(PublicKey(key.public_pem(), "key").id(), key.id());
  EXPECT_EQ(PublicKey("Our key of 2026:\n" + key.public_pem() + "\n", "key").id(), key.id());
}

TEST(PublicKey, SaysWhatItIsInstead) {
  const SigningKey key(1);
  EXPECT_TRUE(is_bad("", "team.pub: is no PEM file, expected an Ed25519 public key in PEM"));
  EXPECT_TRUE(is_bad("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI me@here", "is no PEM file"));
  EXPECT_TRUE(is_bad("-----BEGIN PUBLIC KEY-----\nMCow", "is no PEM file"));
  EXPECT_TRUE(is_bad("-----BEGIN PUBLIC KEY", "is no PEM file"));
  EXPECT_TRUE(is_bad("-----BEGIN PUBLIC KEY-----\nM*ow\n-----END PUBLIC KEY-----\n", "its Base64 is damaged"));
  for (const char* label : {"PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "RSA PRIVATE KEY", "OPENSSH PRIVATE KEY"}) {
    EXPECT_TRUE(is_bad(SigningKey::pem(label, "x"), "team.pub: holds a private key")) << label;
  }
  EXPECT_TRUE(is_bad(SigningKey::pem("CERTIFICATE", "x"), "holds \"CERTIFICATE\""));
  EXPECT_TRUE(is_bad(SigningKey::pem("PUBLIC KEY", ""), "holds something else"));
  EXPECT_TRUE(is_bad(SigningKey::pem("PUBLIC KEY", key.der() + "x"), "holds something else"));
  EXPECT_TRUE(is_bad(SigningKey::pem("PUBLIC KEY", key.der().substr(1)), "holds something else"));
}

TEST(PublicKey, NamesOtherAlgorithms) {
  EXPECT_TRUE(
      is_bad("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VuAyEAfaJ/1B++wL0wz23cn0z11O8YQTCP3fNFeOYNELaTLQo=\n"
             "-----END PUBLIC KEY-----\n",
             "holds an X25519 key"));
  EXPECT_TRUE(
      is_bad("-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEjkGHWszf2OKEWGNqalG1RWPk31eG\n"
             "/O2Sm97RxDkXtH/OPlBQi76Kc1vHnmckdeR5yZ17IB5ASUeUxZmNLLVHkg==\n-----END PUBLIC KEY-----\n",
             "holds a key of an elliptic curve other than Ed25519"));
  EXPECT_TRUE(
      is_bad("-----BEGIN PUBLIC KEY-----\nMIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDJkMVBDl0bsrv0ol5ffvgY69pZ\n"
             "-----END PUBLIC KEY-----\n",
             "holds an RSA key"));
  EXPECT_TRUE(
      is_bad("-----BEGIN PUBLIC KEY-----\nMEMwBQYDK2VxAzoA/IvtZEte0dgsNTuaw0aKzODr3vP0BRMy5X6w4N8MtWb/yDJE\n"
             "k/IYGZEQrBLSj4n6T62MDVZHW3mA\n-----END PUBLIC KEY-----\n",
             "holds an Ed448 key"));
}

TEST(Signatures, AreHexadecimal) {
  Signature signature;
  const std::string digits = SigningKey(1).sign("")["signature"];
  EXPECT_TRUE(parse_signature(digits, signature));
  EXPECT_EQ(SigningKey::hex(signature.data(), signature.size()), digits);
  EXPECT_FALSE(parse_signature("", signature));
  EXPECT_FALSE(parse_signature(digits.substr(2), signature));
  EXPECT_FALSE(parse_signature(digits + "00", signature));
  EXPECT_FALSE(parse_signature(digits.substr(1) + "g", signature));
  EXPECT_FALSE(parse_signature(digits.substr(2) + " 0", signature));
}

}  // namespace
