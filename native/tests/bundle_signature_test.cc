// Signed bundles through the C interface.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi.h"
#include "sample_bundle.h"
#include "signing_key.h"

namespace {

using nlohmann::json;
using oarlock::testing::Bundle;
using oarlock::testing::gives;
using oarlock::testing::open_bundle;
using oarlock::testing::SampleBundle;
using oarlock::testing::SigningKey;

struct SignedBundle {
  SampleBundle sample{"model"};
  SigningKey key{1};
  std::string path = sample.write();
  json signature = key.sign(sample.manifest.dump());

  SignedBundle() { write_signature(); }

  void write_signature() const { sample.folder.write("s.oar/bundle.sig", signature.dump()); }

  oar_status verify() const { return verify(key.public_pem()); }

  oar_status verify(const std::string& pem) const {
    const Bundle bundle = open_bundle(path);
    return oar_bundle_verify_signature(bundle.get(), "team.pub", pem.c_str());
  }
};

TEST(BundleSignature, OfTheOwnerIsAccepted) {
  const SignedBundle bundle;
  EXPECT_EQ(bundle.verify(), OAR_OK) << oar_last_error();
}

TEST(BundleSignature, ArgumentsAreNeeded) {
  const SignedBundle signed_bundle;
  const Bundle bundle = open_bundle(signed_bundle.path);
  EXPECT_TRUE(gives(oar_bundle_verify_signature(nullptr, "k", ""), OAR_INVALID_ARGUMENT, "'bundle' is NULL"));
  EXPECT_TRUE(
      gives(oar_bundle_verify_signature(bundle.get(), nullptr, ""), OAR_INVALID_ARGUMENT, "'key_name' is NULL"));
  EXPECT_TRUE(
      gives(oar_bundle_verify_signature(bundle.get(), "k", nullptr), OAR_INVALID_ARGUMENT, "'public_key' is NULL"));
}

TEST(BundleSignature, IsMissing) {
  const SignedBundle bundle;
  ASSERT_EQ(::unlink((bundle.path + "/bundle.sig").c_str()), 0);
  EXPECT_TRUE(gives(bundle.verify(), OAR_UNSIGNED,
                    "s.oar: has no bundle.sig, so nobody has signed it, expected the "
                    "signature of team.pub"));
}

TEST(BundleSignature, OfAnotherKey) {
  const SignedBundle bundle;
  const SigningKey other(2);
  EXPECT_TRUE(gives(bundle.verify(other.public_pem()), OAR_WRONG_KEY,
                    "was made with the key " + bundle.key.id() + ", but team.pub is the key " + other.id()));
}

TEST(BundleSignature, OfAnotherKeyUnderTheRightName) {
  SignedBundle bundle;
  bundle.signature = SigningKey(2).sign(bundle.sample.manifest.dump());
  bundle.signature["key_id"] = bundle.key.id();
  bundle.write_signature();
  EXPECT_TRUE(gives(bundle.verify(), OAR_BAD_SIGNATURE, "bundle.sig: is not the signature of bundle.json by team.pub"));
}

TEST(BundleSignature, OfTheKeyForSomethingElse) {
  SignedBundle bundle;
  const json other = bundle.key.sign("a letter");
  bundle.signature["signature"] = other["signature"];
  bundle.write_signature();
  EXPECT_TRUE(gives(bundle.verify(), OAR_BAD_SIGNATURE, "is not the signature of bundle.json"));
}

TEST(BundleSignature, OfBundleJsonAlone) {
  SignedBundle bundle;
  // Without the line before it, as any program that signs files would do.
  const std::string manifest = bundle.sample.manifest.dump();
  bundle.signature["signature"] = bundle.key.sign_bytes(manifest);
  bundle.write_signature();
  EXPECT_TRUE(gives(bundle.verify(), OAR_BAD_SIGNATURE, "is not the signature of bundle.json"));
}

TEST(BundleSignature, IsForAnotherBundleJson) {
  SignedBundle bundle;
  bundle.sample.manifest["name"] = "Other";
  bundle.sample.write();
  EXPECT_TRUE(gives(bundle.verify(), OAR_CHANGED_AFTER_SIGNING, "bundle.sig: is for another bundle.json"));
  // Whoever changes bundle.json can change the hash in bundle.sig too.
  bundle.signature["bundle_sha256"] = bundle.key.sign(bundle.sample.manifest.dump())["bundle_sha256"];
  bundle.write_signature();
  EXPECT_TRUE(gives(bundle.verify(), OAR_BAD_SIGNATURE, "is not the signature of bundle.json"));
}

TEST(BundleSignature, ABlankMoreIsAnotherBundleJson) {
  const SignedBundle bundle;
  bundle.sample.folder.write("s.oar/bundle.json", bundle.sample.manifest.dump() + " ");
  EXPECT_TRUE(gives(bundle.verify(), OAR_CHANGED_AFTER_SIGNING, "another bundle.json"));
}

TEST(BundleSignature, CoversEverythingInTheFolder) {
  const SignedBundle bundle;
  for (const char* name : {"extra.nb", "golden/extra.npy", ".hidden", "folder/file"}) {
    const std::string path = bundle.sample.folder.write(std::string("s.oar/") + name, std::string("x"));
    EXPECT_TRUE(gives(bundle.verify(), OAR_CHANGED_AFTER_SIGNING, "but was not signed with it: remove it")) << name;
    ASSERT_EQ(::unlink(path.c_str()), 0);
    ::rmdir((bundle.path + "/folder").c_str());
  }
  EXPECT_EQ(bundle.verify(), OAR_OK) << oar_last_error();
  ASSERT_EQ(::mkdir((bundle.path + "/golden/empty").c_str(), 0700), 0);
  EXPECT_TRUE(gives(bundle.verify(), OAR_CHANGED_AFTER_SIGNING, "golden/empty: is in the bundle"));
}

TEST(BundleSignature, FilesStayBoundToIt) {
  const SignedBundle bundle;
  bundle.sample.folder.write("s.oar/golden/0.png", std::string("Picture"));
  const Bundle opened = open_bundle(bundle.path);
  const std::string pem = bundle.key.public_pem();
  EXPECT_EQ(oar_bundle_verify_signature(opened.get(), "team.pub", pem.c_str()), OAR_OK) << oar_last_error();
  const char* file = nullptr;
  EXPECT_TRUE(gives(oar_bundle_file(opened.get(), "golden/0.png", &file), OAR_HASH_MISMATCH, "0.png"));
}

TEST(BundleSignature, IsOfWhatWasOpened) {
  SignedBundle bundle;
  const Bundle opened = open_bundle(bundle.path);
  const std::string pem = bundle.key.public_pem();
  bundle.sample.manifest["name"] = "Other";
  bundle.sample.write();
  bundle.signature = bundle.key.sign(bundle.sample.manifest.dump());
  bundle.write_signature();
  EXPECT_TRUE(gives(oar_bundle_verify_signature(opened.get(), "team.pub", pem.c_str()), OAR_CHANGED_AFTER_SIGNING, ""));
}

TEST(BundleSignature, KeysMustBePublicKeys) {
  const SignedBundle bundle;
  EXPECT_TRUE(gives(bundle.verify("x"), OAR_BAD_KEY, "team.pub: is no PEM file"));
  EXPECT_TRUE(gives(bundle.verify(SigningKey::pem("PRIVATE KEY", "x")), OAR_BAD_KEY, "team.pub: holds a private key"));
}

TEST(BundleSignature, MustBeAFileOfTheBundle) {
  const SignedBundle bundle;
  const std::string path = bundle.path + "/bundle.sig";
  const std::string elsewhere = bundle.sample.folder.write("elsewhere.sig", bundle.signature.dump());
  ASSERT_EQ(::unlink(path.c_str()), 0);
  ASSERT_EQ(::symlink(elsewhere.c_str(), path.c_str()), 0);
  EXPECT_TRUE(gives(bundle.verify(), OAR_BAD_BUNDLE, "bundle.sig: is a link"));
  ASSERT_EQ(::unlink(path.c_str()), 0);
  ASSERT_EQ(::symlink("nowhere", path.c_str()), 0);
  EXPECT_TRUE(gives(bundle.verify(), OAR_BAD_BUNDLE, "bundle.sig: is a link"));
  ASSERT_EQ(::unlink(path.c_str()), 0);
  bundle.sample.folder.write("s.oar/bundle.sig", std::string(65537, ' '));
  EXPECT_TRUE(gives(bundle.verify(), OAR_BAD_BUNDLE, "bundle.sig: has 65537 bytes, expected at most 65536"));
}

struct Breakage {
  const char* key;
  json value;
  oar_status status;
  const char* complaint;
};

TEST(BundleSignature, NamesTheFieldThatIsWrong) {
  const Breakage breakages[] = {
      {"format", "pgp", OAR_BAD_SIGNATURE, "format is \"pgp\", expected one of \"oarlock-signature\""},
      {"format_version", 2, OAR_VERSION_MISMATCH, "format_version is 2, this Oarlock"},
      {"algorithm", "rsa", OAR_BAD_SIGNATURE, "algorithm is \"rsa\", expected one of \"ed25519\""},
      {"key_id", 1, OAR_BAD_SIGNATURE, "key_id is 1, expected a string"},
      {"bundle_sha256", nullptr, OAR_BAD_SIGNATURE, "bundle_sha256 is null, expected a string"},
      {"signature", "00", OAR_BAD_SIGNATURE, "signature is no Ed25519 signature, expected 128 hexadecimal digits"},
      {"extra", 1, OAR_BAD_SIGNATURE, "has the key \"extra\", which the format does not know"},
  };
  for (const Breakage& breakage : breakages) {
    SignedBundle bundle;
    bundle.signature[breakage.key] = breakage.value;
    bundle.write_signature();
    EXPECT_TRUE(gives(bundle.verify(), breakage.status, breakage.complaint)) << breakage.key;
  }
  SignedBundle bundle;
  for (const char* text : {"", "not JSON", "[]", "{\"format\": \"oarlock-signature\", \"format\": 1}"}) {
    bundle.sample.folder.write("s.oar/bundle.sig", std::string(text));
    EXPECT_TRUE(gives(bundle.verify(), OAR_BAD_SIGNATURE, "bundle.sig: ")) << text;
  }
}

}  // namespace
