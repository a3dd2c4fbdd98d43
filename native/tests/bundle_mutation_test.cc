// Bundles with seeded damage: opened with everything in them asked for, or refused with a typed error.
#include <gtest/gtest.h>

#include "mutator.h"
#include "oarlock.h"
#include "sample_bundle.h"
#include "signing_key.h"

namespace {

using nlohmann::json;
using oarlock::testing::Mutator;
using oarlock::testing::SampleBundle;
using oarlock::testing::SigningKey;

constexpr uint32_t kMutations = 1000;

// Values that any field may be given.
const json kIntruders[] = {nullptr,
                           true,
                           0,
                           -1,
                           9223372036854775807,
                           1e308,
                           "",
                           "..",
                           "../labels.txt",
                           "labels.txt",
                           "x",
                           "\n",
                           json::array(),
                           json::object(),
                           json::array({json::array({json::array()})}),
                           std::string(5000, 'a')};

// Every value in the document, by pointer.
std::vector<std::string> pointers(const json& document) {
  const json flat = document.flatten();
  std::vector<std::string> result;
  for (const auto& [pointer, value] : flat.items()) result.push_back(pointer);
  return result;
}

// A document that is still JSON, with one value replaced, removed or moved up.
json change_structure(json document, Mutator& mutator) {
  const std::vector<std::string> places = pointers(document);
  json::json_pointer place(places[static_cast<size_t>(mutator.below(static_cast<int>(places.size())))]);
  while (mutator.below(3) == 0 && !place.parent_pointer().empty()) place = place.parent_pointer();
  constexpr int kCount = sizeof kIntruders / sizeof *kIntruders;
  switch (mutator.below(3)) {
    case 0: {
      json& parent = document[place.parent_pointer()];
      if (parent.is_object()) parent.erase(place.back());
      break;
    }
    case 1:
      document[place] = document[json::json_pointer(places[0])];
      break;
    default:
      document[place] = kIntruders[mutator.below(kCount)];
  }
  return document;
}

bool is_typed(oar_status status) {
  switch (status) {
    case OAR_BAD_BUNDLE:
    case OAR_VERSION_MISMATCH:
    case OAR_HASH_MISMATCH:
    case OAR_NOT_FOUND:
    case OAR_WRONG_TARGET:
    case OAR_NOT_A_CLASSIFIER:
    case OAR_UNSIGNED:
    case OAR_BAD_SIGNATURE:
    case OAR_WRONG_KEY:
    case OAR_CHANGED_AFTER_SIGNING:
      return true;
    default:
      return false;
  }
}

class BundleMutations : public ::testing::Test {
 protected:
  // Opens the bundle and asks for everything in it.
  void ask_everything(uint32_t seed) {
    oar_bundle* bundle = nullptr;
    const std::string path = sample_.folder / "s.oar";
    if (!expect_typed(oar_bundle_open(path.c_str(), nullptr, &bundle), seed)) return;
    ++opened_;
    const char* text = nullptr;
    for (const char* name : {"labels.txt", "x86-fp32.nb", "golden/0.png", "golden/0-x.npy"}) {
      expect_typed(oar_bundle_file(bundle, name, &text), seed);
    }
    expect_typed(oar_bundle_pick_variant(bundle, nullptr, &text), seed);
    oar_preprocess_spec spec = {};
    spec.struct_size = sizeof spec;
    expect_typed(oar_bundle_preprocess(bundle, &spec), seed);
    for (const int id : {-1, 0, 1000}) oar_bundle_label(bundle, id);
    const std::string pem = key_.public_pem();
    if (expect_typed(oar_bundle_verify_signature(bundle, "key", pem.c_str()), seed)) ++signed_;
    oar_bundle_close(bundle);
  }

  bool expect_typed(oar_status status, uint32_t seed) {
    if (status == OAR_OK) return true;
    EXPECT_TRUE(is_typed(status)) << seed << ": " << oar_last_error();
    EXPECT_STRNE(oar_last_error(), "") << seed;
    return false;
  }

  std::string damage(const std::string& text, Mutator& mutator) {
    const Mutator::Bytes bytes = mutator(Mutator::Bytes(text.begin(), text.end()));
    return std::string(bytes.begin(), bytes.end());
  }

  SampleBundle sample_{"model"};
  SigningKey key_{1};
  uint32_t opened_ = 0, signed_ = 0;
};

TEST_F(BundleMutations, AreRefusedWithATypedErrorOrOpened) {
  const std::string manifest = sample_.manifest.dump(2);
  const std::string signature = key_.sign(manifest).dump(2);
  sample_.write();
  for (uint32_t seed = 0; seed < kMutations; ++seed) {
    Mutator mutator(seed);
    std::string changed = manifest, changed_signature = signature;
    switch (seed % 4) {
      case 0:
        changed = damage(manifest, mutator);
        break;
      case 1:
        changed_signature = damage(signature, mutator);
        break;
      default:
        changed = change_structure(sample_.manifest, mutator).dump(2);
    }
    sample_.folder.write("s.oar/bundle.json", changed);
    sample_.folder.write("s.oar/bundle.sig", changed_signature);
    ask_everything(seed);
  }
  // Names and the like may change unseen, but for the signature; most damage must not.
  EXPECT_GT(opened_, kMutations / 4);
  EXPECT_LT(opened_, kMutations * 2 / 3);
  EXPECT_LT(signed_, opened_);
  sample_.folder.write("s.oar/bundle.json", manifest);
  sample_.folder.write("s.oar/bundle.sig", signature);
  signed_ = 0;
  ask_everything(kMutations);
  EXPECT_EQ(signed_, 1U);
}

}  // namespace
