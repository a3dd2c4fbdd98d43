#include "bundle_manifest.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "failures.h"
#include "sample_bundle.h"

namespace {

using nlohmann::json;
using oarlock::parse_bundle_manifest;
using oarlock::testing::fails;
using oarlock::testing::SampleBundle;

json sample() { return SampleBundle("model").manifest; }

::testing::AssertionResult is_bad(const json& manifest, const std::string& part, oar_status status = OAR_BAD_BUNDLE) {
  return fails(status, part, [&] { parse_bundle_manifest(manifest.dump(), "bundle.json"); });
}

TEST(BundleManifest, ReadsWhatTheCoreUses) {
  const auto manifest = parse_bundle_manifest(sample().dump(), "bundle.json");
  ASSERT_EQ(manifest.variants.size(), 5U);
  EXPECT_EQ(manifest.variants[1].id, "x86-fp32");
  EXPECT_EQ(manifest.variants[1].file.name, "x86-fp32.nb");
  EXPECT_EQ(manifest.variants[1].file.size, 5U);
  EXPECT_EQ(manifest.label_count, 3);
  EXPECT_EQ(manifest.files.size(), 9U);
  ASSERT_TRUE(manifest.preprocess);
  EXPECT_EQ(manifest.preprocess->struct_size, sizeof(oar_preprocess_spec));
  EXPECT_EQ(manifest.preprocess->resize, OAR_RESIZE_SHORT);
  EXPECT_EQ(manifest.preprocess->resize_short, 10);
  EXPECT_EQ(manifest.preprocess->crop_width, 8);
  EXPECT_EQ(manifest.preprocess->scale, static_cast<float>(1.0 / 255.0));
  EXPECT_EQ(manifest.preprocess->std[2], 0.225f);
}

TEST(BundleManifest, ReadsTheOtherFormsOfPreprocessing) {
  json manifest = sample();
  manifest["preprocess"]["color"] = "BGR";
  manifest["preprocess"]["crop_fraction"] = 0.875;
  manifest["preprocess"]["resize"] = {{"width", 5}, {"height", 6}, {"interpolation", "bicubic"}};
  manifest["preprocess"]["center_crop"] = nullptr;
  manifest["preprocess"]["layout"] = "NHWC";
  auto spec = *parse_bundle_manifest(manifest.dump(), "bundle.json").preprocess;
  EXPECT_EQ(spec.color, OAR_COLOR_BGR);
  EXPECT_EQ(spec.crop_fraction, 0.875);
  EXPECT_EQ(spec.resize, OAR_RESIZE_EXACT);
  EXPECT_EQ(spec.resize_width, 5);
  EXPECT_EQ(spec.resize_height, 6);
  EXPECT_EQ(spec.interpolation, OAR_INTERPOLATION_BICUBIC);
  EXPECT_EQ(spec.crop_width, 0);
  EXPECT_EQ(spec.layout, OAR_LAYOUT_NHWC);
  manifest["preprocess"]["resize"] = nullptr;
  spec = *parse_bundle_manifest(manifest.dump(), "bundle.json").preprocess;
  EXPECT_EQ(spec.resize, OAR_RESIZE_NONE);
  manifest["preprocess"] = nullptr;
  EXPECT_FALSE(parse_bundle_manifest(manifest.dump(), "bundle.json").preprocess);
}

TEST(BundleManifest, OptionalPartsMayBeNull) {
  json manifest = sample();
  manifest["labels"] = nullptr;
  manifest["golden"] = nullptr;
  manifest["source"]["paddle_version"] = nullptr;
  manifest["source"]["zoo"] = nullptr;
  EXPECT_EQ(parse_bundle_manifest(manifest.dump(), "bundle.json").files.size(), 5U);
}

TEST(BundleManifest, ComesBeforeItsVersion) {
  json manifest = sample();
  manifest["format_version"] = 2;
  manifest["news"] = true;
  EXPECT_TRUE(is_bad(manifest, "format_version is 2, this Oarlock", OAR_VERSION_MISMATCH));
  manifest["format_version"] = "1";
  EXPECT_TRUE(is_bad(manifest, "format_version is \"1\", expected a whole number"));
  manifest["format"] = "zip";
  EXPECT_TRUE(is_bad(manifest, "format is \"zip\", expected one of \"oarlock-bundle\""));
  EXPECT_TRUE(is_bad(json::object(), "the document lacks the key \"format\""));
  EXPECT_TRUE(is_bad(json::array(), "the document is [], expected an object"));
}

TEST(BundleManifest, MustBeJson) {
  const auto parse = [](const std::string& text) { return [text] { parse_bundle_manifest(text, "bundle.json"); }; };
  EXPECT_TRUE(fails(OAR_BAD_BUNDLE, "bundle.json: is no JSON", parse("")));
  EXPECT_TRUE(fails(OAR_BAD_BUNDLE, "bundle.json: is no JSON", parse("{\"a\": 1")));
  EXPECT_TRUE(fails(OAR_BAD_BUNDLE, "bundle.json: is no JSON", parse("{\"a\": \"\xff\"}")));
  EXPECT_TRUE(
      fails(OAR_BAD_BUNDLE, "has the key \"a\" twice", parse("{\"b\": {\"a\": 1, \"c\": {\"a\": 1}, \"a\": 2}}")));
  EXPECT_TRUE(fails(OAR_BAD_BUNDLE, "holds a NUL byte", parse(sample().dump() + std::string(1, '\0'))));
  EXPECT_TRUE(fails(OAR_BAD_BUNDLE, "begins with a byte order mark", parse("\xef\xbb\xbf" + sample().dump())));
  EXPECT_TRUE(fails(OAR_BAD_BUNDLE, "bundle.json: is no JSON", parse(sample().dump() + "{}")));
  EXPECT_TRUE(fails(OAR_BAD_BUNDLE, "bundle.json: is no JSON", parse("{\"a\": " + std::string(400, '9') + "}")));
  EXPECT_TRUE(fails(OAR_BAD_BUNDLE, "bundle.json: is no JSON", parse("{\"a\": \"\\ud800\"}")));
  EXPECT_TRUE(fails(OAR_BAD_BUNDLE, "nests deeper than 32", parse(std::string(100000, '['))));
  std::string many = "{";
  for (int i = 0; i < 5000; ++i) many += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":0";
  EXPECT_TRUE(fails(OAR_BAD_BUNDLE, "an object of more than 4096 keys", parse(many + "}")));
}

TEST(BundleManifest, EveryKeyIsNeeded) {
  const json manifest = sample();
  for (const auto& [key, value] : manifest.items()) {
    json changed = manifest;
    changed.erase(key);
    EXPECT_TRUE(is_bad(changed, "lacks the key \"" + key + "\""));
  }
}

// A pointer into the document, what is put there, and what the complaint says.
struct Breakage {
  const char* pointer;
  json value;
  const char* complaint;
};

TEST(BundleManifest, NamesTheFieldThatIsWrong) {
  const json hash = std::string(63, 'a');
  const Breakage breakages[] = {
      {"/extra", 1, "the document has the key \"extra\", which the format does not know"},
      {"/name", "", "name is \"\", expected a string that is not empty"},
      {"/created_by/tool", 1, "created_by.tool is 1, expected a string"},
      {"/inputs", json::array(), "inputs has 0 entries"},
      {"/inputs/0/dtype", "float", "inputs[0].dtype is \"float\", expected one of \"float32\""},
      {"/inputs/0/shape", json::array({1, 2, 3, 4, 5, 6, 7, 8, 9}), "inputs[0].shape has 9 entries, expected 0 to 8"},
      {"/inputs/0/shape/0", -2, "inputs[0].shape[0] is -2, expected a whole number from -1"},
      {"/outputs/0/meaning", "scores", "outputs[0].meaning is \"scores\""},
      {"/preprocess/color", "RGBA", "preprocess.color is \"RGBA\""},
      {"/preprocess/exif_orientation", 1, "preprocess.exif_orientation is 1, expected true or false"},
      {"/preprocess/crop_fraction", 1.5, "preprocess.crop_fraction is 1.5"},
      {"/preprocess/crop_fraction", 0, "preprocess.crop_fraction is 0"},
      {"/preprocess/resize/short", 0, "preprocess.resize.short is 0, expected a whole number from 1 to 16384"},
      {"/preprocess/resize/width", 3, "preprocess.resize has the key \"width\""},
      {"/preprocess/resize/interpolation", "lanczos", "preprocess.resize.interpolation is \"lanczos\""},
      {"/preprocess/center_crop/width", 8.5, "preprocess.center_crop.width is 8.5, expected a whole number"},
      {"/preprocess/mean", json::array({1, 2}), "preprocess.mean has 2 entries, expected 3"},
      {"/preprocess/std/1", 0, "preprocess cannot be used: spec.std[1] is 0"},
      {"/preprocess/scale", "1", "preprocess.scale is \"1\", expected a number"},
      {"/labels/count", 0, "labels.count is 0"},
      {"/labels/sha256", hash, "labels.sha256 is \"aaa"},
      {"/variants", json::array(), "variants has 0 entries"},
      {"/variants/0/id", "x86-fp32", "variants[0].id is \"x86-fp32\", expected \"x86-int8\""},
      {"/variants/0/precision", "fp64", "variants[0].precision is \"fp64\""},
      {"/variants/0/size", 0, "variants[0].size is 0"},
      {"/variants/0/size", 18446744073709551615u, "variants[0].size is 18446744073709551615"},
      {"/variants/0/engine/name", "tflite", "variants[0].engine.name is \"tflite\""},
      {"/variants/0/kernels/a", 0, "variants[0].kernels[\"a\"] is 0"},
      {"/variants/0/quantisation", 1, "variants[0].quantisation is 1, expected an object"},
      {"/source/kind", "onnx", "source.kind is \"onnx\""},
      {"/source/files/0/size", -1, "source.files[0].size is -1"},
      {"/source/zoo/seed", "0", "source.zoo.seed is \"0\""},
      {"/source/repairs/0/count", 0, "source.repairs[0].count is 0"},
      {"/golden/cases", json::array(), "golden.cases has 0 entries"},
      {"/golden/cases/0/image/file", "../x.png", "golden.cases[0].image.file is \"../x.png\", expected a plain name"},
      {"/golden/cases/0/inputs/0/name", 1, "golden.cases[0].inputs[0].name is 1"},
      {"/golden/reference/device", nullptr, "golden.reference.device is null"},
      {"/golden/tolerances/fp32/max_relative_error", 0, "golden.tolerances[\"fp32\"].max_relative_error is 0"},
  };
  for (const Breakage& breakage : breakages) {
    json manifest = sample();
    manifest[json::json_pointer(breakage.pointer)] = breakage.value;
    EXPECT_TRUE(is_bad(manifest, breakage.complaint)) << breakage.pointer;
  }
}

TEST(BundleManifest, ACustomVariantIsCalledAsItsMakerLikes) {
  json manifest = sample();
  json& variant = manifest["variants"][0];
  variant["id"] = "custom-rockchip_npu", variant["target"] = "custom", variant["precision"] = "rockchip_npu";
  variant["places"] = {"NNAdapter/Int8/NCHW", "ARM/Float/NCHW"};
  EXPECT_EQ(parse_bundle_manifest(manifest.dump(), "bundle.json").variants[0].id, "custom-rockchip_npu");
  variant["places"] = json::array();
  EXPECT_TRUE(is_bad(manifest, "variants[0].places has 0 entries"));
  variant.erase("places");
  for (const char* name : {"", "a/b", "A", "a-b"}) {
    variant["id"] = std::string("custom-") + name, variant["precision"] = name;
    EXPECT_TRUE(is_bad(manifest, "expected a name of lower-case letters, digits and underscores")) << name;
  }
}

TEST(BundleManifest, NamesOfFilesArePlain) {
  const std::string long_name(256, 'a'), longest(255, 'a');
  for (const char* name : {"", long_name.c_str(), "/etc/passwd", "..", "../a", "a/../b", "a/b/c", ".hidden", "a/",
                           "a//b", "a b", "a\\b", "-a", "a/.b", "é.nb"}) {
    json manifest = sample();
    manifest["variants"][0]["file"] = name;
    EXPECT_TRUE(is_bad(manifest, "expected a plain name inside the bundle")) << name;
  }
  for (const char* name : {"a", "_a-b.c", "a/b.nb", "A1/_2", longest.c_str()}) {
    json manifest = sample();
    manifest["variants"][0]["file"] = name;
    EXPECT_EQ(parse_bundle_manifest(manifest.dump(), "bundle.json").variants[0].file.name, name);
  }
}

TEST(BundleManifest, CannotListItself) {
  for (const char* name : {"bundle.json", "bundle.sig"}) {
    json manifest = sample();
    manifest["variants"][0]["file"] = name;
    EXPECT_TRUE(is_bad(manifest, "which is about the bundle and cannot be listed in it")) << name;
  }
}

TEST(BundleManifest, MayListManyFiles) {
  json manifest = sample();
  json recorded = manifest["golden"]["cases"][0]["inputs"][0];
  json::array_t& inputs = manifest["golden"]["cases"][0]["inputs"].get_ref<json::array_t&>();
  inputs.clear();
  for (int i = 0; i < 20000; ++i) {
    recorded["file"] = "golden/" + std::to_string(i);
    inputs.push_back(recorded);
  }
  EXPECT_EQ(parse_bundle_manifest(manifest.dump(), "bundle.json").files.size(), 20008U);
}

TEST(BundleManifest, VariantsMayShareAFileButNotContradictEachOther) {
  json manifest = sample();
  manifest["variants"][0]["file"] = "x86-fp32.nb";
  EXPECT_EQ(parse_bundle_manifest(manifest.dump(), "bundle.json").files.size(), 8U);
  manifest["variants"][0]["size"] = 6;
  EXPECT_TRUE(is_bad(manifest, "another hash or size than an earlier entry"));
  manifest = sample();
  manifest["variants"].push_back(manifest["variants"][0]);
  EXPECT_TRUE(is_bad(manifest, "variants[5].id is \"x86-int8\", which an earlier variant is called too"));
}

}  // namespace
