// Selftests through the C interface, on the fake engine.
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>

#include "abi.h"
#include "nb_writer.h"
#include "npy_writer.h"
#include "pictures.h"
#include "png_writer.h"
#include "sample_bundle.h"

namespace {

using namespace oarlock::testing;  // NOLINT
using nlohmann::json;

constexpr int kHere = oarlock::fake::kThisTarget;
const char* const kPicked = kHere == 2 ? "x86-fp32" : sizeof(void*) == 8 ? "arm64-fp32" : "armv7-fp32";

using Selftest = std::unique_ptr<oar_selftest, void (*)(oar_selftest*)>;

std::string model(const std::vector<std::string>& markers = {}) {
  const auto bytes = write_nb(oarlock::fake::simple_nb({{"x", {-1, 3, 8, 8}}}, {{"y", {-1, 10}}}, kHere, markers));
  return std::string(bytes.begin(), bytes.end());
}

oar_tensor input(const std::vector<float>& values, int64_t batch) {
  oar_tensor result = {sizeof(oar_tensor), OAR_FLOAT32, "x", 4, {batch, 3, 8, 8}, values.data(), values.size() * 4};
  return result;
}

std::vector<float> answer(const std::string& nb, const std::vector<float>& values, int64_t batch) {
  oar_session* session = nullptr;
  check(oar_session_open_memory(fake_engine(), "m.nb", nb.data(), nb.size(), nullptr, &session));
  const Session owner(session, oar_session_close);
  const oar_tensor tensor = input(values, batch);
  check(oar_session_set_input(session, &tensor));
  check(oar_session_run(session));
  oar_tensor output = {};
  output.struct_size = sizeof output;
  check(oar_session_output(session, 0, &output));
  const auto* const data = static_cast<const float*>(output.data);
  return std::vector<float>(data, data + output.bytes / 4);
}

// A sample bundle whose goldens are right: a picture and a batch of two tensors.
class SelftestTest : public ::testing::Test {
 protected:
  SelftestTest() {
    const Bundle bundle = open_bundle(sample_.write());
    oar_preprocess_spec spec = {};
    spec.struct_size = sizeof spec;
    check(oar_bundle_preprocess(bundle.get(), &spec));
    const auto preprocessor = oarlock_test::make_preprocessor(spec);
    const oar_image image = oarlock_test::rgb_image(pixels_, 19, 13);
    check(oar_preprocessor_run(preprocessor.get(), &image, tensor_.data(), tensor_.size()));
    for (size_t i = 0; i < batch_.size(); ++i) batch_[i] = static_cast<float>(i % 17) / 8 - 1;

    json& golden = sample_.manifest["golden"];
    golden["tolerances"] = {{"fp32", {{"max_relative_error", 1e-5}}}, {"int8", {{"max_relative_error", 0.1}}}};
    golden["cases"] = {make_case("picture", tensor_, 1), make_case("batch", batch_, 2)};
    golden["cases"][0]["image"] = sample_.add_file("golden/picture.png", png_file(19, 13, pixels_));
  }

  json make_case(const std::string& name, const std::vector<float>& values, int64_t batch) {
    json in = sample_.add_file("golden/" + name + "-x.npy", npy_floats({batch, 3, 8, 8}, values));
    json out = sample_.add_file("golden/" + name + "-y.npy", npy_floats({batch, 10}, answer(model(), values, batch)));
    in["name"] = "x";
    out["name"] = "y";
    return {{"name", name}, {"image", nullptr}, {"inputs", {in}}, {"outputs", {out}}};
  }

  void replace_model(const std::string& id, const std::string& nb) {
    const json file = sample_.add_file(id + ".nb", nb);
    for (json& variant : sample_.manifest["variants"]) {
      if (variant["id"] == id) variant.update(file);
    }
  }

  // The finished selftest of the bundle as it is now.
  json run(oar_verdict expected, const char* variant = nullptr, bool all = false, double limit = 0) {
    const Bundle bundle = open_bundle(sample_.write());
    oar_selftest_options options = {
        sizeof options, variant, all ? 1 : 0, limit, {sizeof options.session, 1, OAR_POWER_NO_BIND}};
    oar_selftest* selftest = nullptr;
    check(oar_selftest_open(bundle.get(), &options, &selftest));
    const Selftest owner(selftest, oar_selftest_close);
    oar_selftest_state state = {};
    state.struct_size = sizeof state;
    for (check(oar_selftest_next(selftest, &state)); state.variant != nullptr;
         check(oar_selftest_next(selftest, &state))) {
      EXPECT_EQ(oar_selftest_verdict(selftest), OAR_VERDICT_OPEN);
      EXPECT_STREQ(oar_selftest_sentence(selftest), "");
      check(oar_selftest_run_next(selftest, fake_engine()));
    }
    EXPECT_EQ(state.done, state.total);
    EXPECT_EQ(oar_selftest_verdict(selftest), expected) << oar_selftest_sentence(selftest);
    const json result = json::parse(oar_selftest_json(selftest));
    EXPECT_EQ(result["ok"], expected == OAR_VERDICT_PASSED);
    EXPECT_EQ(result["sentence"], oar_selftest_sentence(selftest));
    return result;
  }

  // Whether the run failed with a sentence that holds `part`.
  ::testing::AssertionResult fails_saying(const std::string& part) {
    const std::string sentence = run(OAR_VERDICT_FAILED)["sentence"];
    if (sentence.find(part) != std::string::npos) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << "'" << sentence << "' does not say '" << part << "'";
  }

  oar_status open(const oar_selftest_options* options) {
    const Bundle bundle = open_bundle(sample_.write());
    oar_selftest* selftest = nullptr;
    const oar_status status = oar_selftest_open(bundle.get(), options, &selftest);
    oar_selftest_close(selftest);
    return status;
  }

  SampleBundle sample_{model()};
  std::vector<uint8_t> pixels_ = oarlock_test::picture(19, 13);
  std::vector<float> tensor_ = std::vector<float>(3 * 8 * 8), batch_ = std::vector<float>(2 * 3 * 8 * 8);
};

TEST_F(SelftestTest, PassesWhereAllIsRight) {
  const json result = run(OAR_VERDICT_PASSED);
  const json& variant = result["variants"][0];
  EXPECT_EQ(variant["id"], kPicked);
  EXPECT_EQ(variant["outcome"], "passed");
  EXPECT_EQ(variant["limit"], 1e-5);
  const json& picture = variant["cases"][0];
  EXPECT_EQ(picture["preprocessing"]["difference"]["elements"], 192);
  EXPECT_EQ(picture["preprocessing"]["difference"]["differing"], 0);
  EXPECT_EQ(picture["engine"]["outputs"][0]["relative_error"], 0);
  EXPECT_EQ(picture["engine"]["outputs"][0]["first"][0]["place"], 1);
  EXPECT_TRUE(picture["end_to_end"]["passed"]);
  const json& batch = variant["cases"][1];
  EXPECT_TRUE(batch["preprocessing"].is_null());
  EXPECT_TRUE(batch["end_to_end"].is_null());
  EXPECT_EQ(batch["engine"]["outputs"][0]["first"].size(), 2U);
}

TEST_F(SelftestTest, PreprocessingThatDiffers) {
  const std::function<void(json&)> faults[] = {
      [](json& it) { it["color"] = "BGR"; },
      [](json& it) {
        it["mean"] = {0.5, 0.5, 0.5};
      },
      [](json& it) { it["resize"]["interpolation"] = "nearest"; },
      [](json& it) { it["layout"] = "NHWC"; },
      [](json& it) {
        it["center_crop"] = {{"width", 8}, {"height", 6}};
      },
      [](json& it) {
        it["center_crop"] = {{"width", 800}, {"height", 800}};
      },
  };
  const json right = sample_.manifest["preprocess"];
  for (const auto& plant : faults) {
    sample_.manifest["preprocess"] = right;
    plant(sample_.manifest["preprocess"]);
    EXPECT_TRUE(fails_saying(" failed in preprocessing: picture: ")) << sample_.manifest["preprocess"];
    EXPECT_TRUE(fails_saying("The engine answers as the reference does"));
  }
  sample_.manifest["preprocess"] = nullptr;
  EXPECT_TRUE(fails_saying("bundle.json has no preprocessing"));
}

TEST_F(SelftestTest, EngineThatDiffers) {
  std::vector<float> wrong = answer(model(), batch_, 2);
  wrong[3] += 0.25F;
  json out = sample_.add_file("golden/batch-y.npy", npy_floats({2, 10}, wrong));
  sample_.manifest["golden"]["cases"][1]["outputs"][0].update(out);
  EXPECT_TRUE(fails_saying(" failed in the engine: batch: output 'y': the largest difference is "));
  EXPECT_TRUE(fails_saying("expected at most 1e-05; so or alike in 1 of 2 cases. Preprocessing is right to the bit."));
  run(OAR_VERDICT_PASSED, nullptr, false, 10);
}

TEST_F(SelftestTest, NanIsAFailureWhateverTheLimit) {
  replace_model(kPicked, model({"fake_nan"}));
  const json result = run(OAR_VERDICT_FAILED, nullptr, false, 1e300);
  EXPECT_NE(result["sentence"].get<std::string>().find("10 of 10 values are NaN or infinite"), std::string::npos);
  const json& output = result["variants"][0]["cases"][0]["engine"]["outputs"][0];
  EXPECT_EQ(output["difference"]["not_finite"], 10);
  EXPECT_TRUE(output["relative_error"].is_null());
  EXPECT_TRUE(output["first"].empty());
}

TEST_F(SelftestTest, WhatTheEngineRefusesIsAFailure) {
  replace_model(kPicked, model({"fake_throw_run"}));
  EXPECT_TRUE(fails_saying("Paddle Lite failed to run it"));
  replace_model(kPicked, model({"fake_null_create"}));
  const json result = run(OAR_VERDICT_FAILED);
  EXPECT_EQ(result["variants"][0]["error"]["code"], "OAR-ENGINE-FAILED");
  replace_model(kPicked, "no model");
  EXPECT_EQ(run(OAR_VERDICT_FAILED)["variants"][0]["error"]["code"], "OAR-BAD-MODEL");
}

TEST_F(SelftestTest, OutputsOfOtherNamesAndShapes) {
  sample_.manifest["golden"]["cases"][1]["outputs"][0]["name"] = "z";
  EXPECT_TRUE(fails_saying("the model has no output 'z'"));
  sample_.manifest["golden"]["cases"][1]["outputs"][0]["name"] = "y";
  json out = sample_.add_file("golden/batch-y.npy", npy_floats({1, 20}, answer(model(), batch_, 2)));
  sample_.manifest["golden"]["cases"][1]["outputs"][0].update(out);
  EXPECT_TRUE(fails_saying("output 'y': has shape (2, 10), expected (1, 20)"));
}

TEST_F(SelftestTest, AllVariants) {
  replace_model("x86-int8", model({"fake_nan"}));
  if (kHere != 2) GTEST_SKIP() << "the sample has one variant for ARM";
  const json result = run(OAR_VERDICT_FAILED, nullptr, true);
  std::map<std::string, std::string> outcomes;
  for (const json& variant : result["variants"]) outcomes[variant["id"]] = variant["outcome"];
  EXPECT_EQ(outcomes["x86-fp32"], "passed");
  EXPECT_EQ(outcomes["x86-int8"], "failed");
  EXPECT_EQ(outcomes["arm64-fp16"], "left_out");
  EXPECT_EQ(result["sentence"].get<std::string>().rfind("1 of 2 variants passed; 3 were left out. x86-int8 failed", 0),
            0U);
  run(OAR_VERDICT_PASSED, "x86-fp32");
}

TEST_F(SelftestTest, CompressedPicturesAreLeftToDecoders) {
  const std::string stream("\x78\x9c\x63\x60\x60\x60\x00\x00\x00\x04\x00\x01", 12);
  const std::string file = png_header(1, 1) + png_chunk("IDAT", stream) + png_chunk("IEND", "");
  sample_.manifest["golden"]["cases"][0]["image"] = sample_.add_file("golden/picture.png", file);
  const json result = run(OAR_VERDICT_PASSED);
  EXPECT_EQ(result["remarks"].size(), 1U);
  EXPECT_NE(result["sentence"].get<std::string>().find("no preprocessing was tested"), std::string::npos);
}

TEST_F(SelftestTest, GivenUpVariants) {
  const Bundle bundle = open_bundle(sample_.write());
  oar_selftest* selftest = nullptr;
  check(oar_selftest_open(bundle.get(), nullptr, &selftest));
  const Selftest owner(selftest, oar_selftest_close);
  EXPECT_EQ(oar_selftest_give_up(selftest, "OAR-ENGINE-CRASHED", "\xff"), OAR_INVALID_ARGUMENT);
  check(oar_selftest_give_up(selftest, "OAR-ENGINE-CRASHED", "it crashed elsewhere"));
  EXPECT_EQ(oar_selftest_verdict(selftest), OAR_VERDICT_FAILED);
  EXPECT_NE(std::string(oar_selftest_sentence(selftest)).find("it crashed elsewhere"), std::string::npos);
  EXPECT_EQ(oar_selftest_run_next(selftest, fake_engine()), OAR_INVALID_ARGUMENT);
}

TEST_F(SelftestTest, DamagedRecordsAreErrorsOfTheBundle) {
  const std::string path = sample_.write();
  sample_.folder.write("s.oar/golden/batch-x.npy", npy_floats({2, 3, 8, 8}, std::vector<float>(2 * 3 * 8 * 8)));
  const Bundle bundle = open_bundle(path);
  oar_selftest* selftest = nullptr;
  check(oar_selftest_open(bundle.get(), nullptr, &selftest));
  const Selftest owner(selftest, oar_selftest_close);
  check(oar_selftest_run_next(selftest, fake_engine()));
  EXPECT_TRUE(gives(oar_selftest_run_next(selftest, fake_engine()), OAR_HASH_MISMATCH, "batch-x.npy"));
}

TEST_F(SelftestTest, WhatCannotBeTested) {
  oar_selftest_options options = {sizeof options, nullptr, 0, 0, {sizeof options.session, 1, OAR_POWER_NO_BIND}};
  options.variant = kHere == 2 ? "arm64-fp32" : "x86-fp32";
  EXPECT_TRUE(gives(open(&options), OAR_WRONG_TARGET, "cannot be tested here: made for "));
  options.variant = "none";
  EXPECT_TRUE(gives(open(&options), OAR_NOT_FOUND, "has no variant 'none'"));
  options.all = 1;
  EXPECT_TRUE(gives(open(&options), OAR_INVALID_ARGUMENT, "expected one of the two"));
  options = {sizeof options, nullptr, 0, -1, {sizeof options.session, 1, OAR_POWER_NO_BIND}};
  EXPECT_TRUE(gives(open(&options), OAR_INVALID_ARGUMENT, "max_relative_error is -1"));
  options.max_relative_error = 0;
  options.session.threads = 0;
  EXPECT_TRUE(gives(open(&options), OAR_INVALID_ARGUMENT, "threads is 0"));
  sample_.manifest["golden"]["tolerances"].erase("fp32");
  EXPECT_TRUE(gives(open(nullptr), OAR_NO_GOLDEN, "has no limit for the precision fp32"));
  sample_.manifest["golden"] = nullptr;
  EXPECT_TRUE(gives(open(nullptr), OAR_NO_GOLDEN, "has no golden cases to replay"));
}

TEST(SelftestOfNothing, IsHarmless) {
  oar_selftest_close(nullptr);
  EXPECT_EQ(oar_selftest_verdict(nullptr), OAR_VERDICT_OPEN);
  EXPECT_STREQ(oar_selftest_sentence(nullptr), "");
  EXPECT_STREQ(oar_selftest_json(nullptr), "");
  EXPECT_EQ(oar_selftest_next(nullptr, nullptr), OAR_INVALID_ARGUMENT);
}

}  // namespace
