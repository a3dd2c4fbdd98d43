// Bundles through the C interface.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "abi.h"
#include "nb_writer.h"
#include "sample_bundle.h"

namespace {

using oarlock::testing::Bundle;
using oarlock::testing::fake_engine;
using oarlock::testing::gives;
using oarlock::testing::open_bundle;
using oarlock::testing::SampleBundle;

std::string model() {
  const auto bytes = write_nb(oarlock::fake::simple_nb({{"x", {-1, 3, 8, 8}}}, {{"y", {-1, 10}}}, 2));
  return std::string(bytes.begin(), bytes.end());
}

TEST(Bundle, OffersWhatIsInIt) {
  const SampleBundle sample(model());
  const Bundle bundle = open_bundle(sample.write());
  EXPECT_EQ(nlohmann::json::parse(oar_bundle_json(bundle.get())), sample.manifest);
  EXPECT_STREQ(oar_bundle_label(bundle.get(), 0), "cat");
  EXPECT_STREQ(oar_bundle_label(bundle.get(), 2), "olive, green");
  EXPECT_EQ(oar_bundle_label(bundle.get(), 3), nullptr);
  EXPECT_EQ(oar_bundle_label(bundle.get(), -1), nullptr);
  oar_preprocess_spec spec = {};
  spec.struct_size = sizeof spec;
  ASSERT_EQ(oar_bundle_preprocess(bundle.get(), &spec), OAR_OK) << oar_last_error();
  EXPECT_EQ(spec.resize_short, 10);
  const char* path = nullptr;
  ASSERT_EQ(oar_bundle_file(bundle.get(), "golden/0.png", &path), OAR_OK) << oar_last_error();
  EXPECT_EQ(path, sample.folder / "s.oar/golden/0.png");
  const char* again = nullptr;
  ASSERT_EQ(oar_bundle_file(bundle.get(), "golden/0.png", &again), OAR_OK);
  EXPECT_EQ(path, again);
  EXPECT_TRUE(gives(oar_bundle_file(bundle.get(), "other", &path), OAR_NOT_FOUND, "lists no file 'other'"));
}

TEST(Bundle, WithoutLabelsAndPreprocessing) {
  SampleBundle sample(model());
  sample.manifest["labels"] = nullptr;
  sample.manifest["preprocess"] = nullptr;
  const Bundle bundle = open_bundle(sample.write());
  EXPECT_EQ(oar_bundle_label(bundle.get(), 0), nullptr);
  oar_preprocess_spec spec = {};
  EXPECT_TRUE(gives(oar_bundle_preprocess(bundle.get(), &spec), OAR_INVALID_ARGUMENT, "struct_size is 0"));
  spec.struct_size = sizeof spec;
  EXPECT_TRUE(gives(oar_bundle_preprocess(bundle.get(), &spec), OAR_NOT_A_CLASSIFIER, "has no preprocessing"));
}

TEST(Bundle, PathsThatAreNoBundle) {
  const oarlock::testing::TemporaryFolder folder;
  oar_bundle* bundle = nullptr;
  EXPECT_TRUE(gives(oar_bundle_open((folder / "none").c_str(), nullptr, &bundle), OAR_NOT_FOUND, "no such bundle"));
  EXPECT_TRUE(gives(oar_bundle_open(folder.path().c_str(), nullptr, &bundle), OAR_BAD_BUNDLE, "has no bundle.json"));
  const std::string file = folder.write("file", std::string("x"));
  EXPECT_TRUE(gives(oar_bundle_open(file.c_str(), nullptr, &bundle), OAR_BAD_BUNDLE, "is a file, expected a bundle"));
  EXPECT_TRUE(gives(oar_bundle_open(nullptr, nullptr, &bundle), OAR_INVALID_ARGUMENT, "'path' is NULL"));
  EXPECT_EQ(bundle, nullptr);
}

TEST(Bundle, FilesMustBeThereAndOfTheirSize) {
  const SampleBundle sample(model());
  const std::string path = sample.write();
  oar_bundle* bundle = nullptr;
  sample.folder.write("s.oar/golden/0.png", std::string("pictures"));
  EXPECT_TRUE(gives(oar_bundle_open(path.c_str(), nullptr, &bundle), OAR_BAD_BUNDLE,
                    "0.png: has 8 bytes, but bundle.json says 7"));
  ASSERT_EQ(::unlink((path + "/golden/0.png").c_str()), 0);
  EXPECT_TRUE(gives(oar_bundle_open(path.c_str(), nullptr, &bundle), OAR_BAD_BUNDLE, "0.png: is missing"));
  ASSERT_EQ(::mkdir((path + "/golden/0.png").c_str(), 0700), 0);
  EXPECT_TRUE(gives(oar_bundle_open(path.c_str(), nullptr, &bundle), OAR_BAD_BUNDLE, "0.png: is no regular file"));
}

TEST(Bundle, LinksAreRefused) {
  const SampleBundle sample(model());
  const std::string path = sample.write();
  const std::string elsewhere = sample.folder.write("elsewhere/0.png", std::string("picture"));
  oar_bundle* bundle = nullptr;
  ASSERT_EQ(::unlink((path + "/golden/0.png").c_str()), 0);
  ASSERT_EQ(::symlink(elsewhere.c_str(), (path + "/golden/0.png").c_str()), 0);
  EXPECT_TRUE(gives(oar_bundle_open(path.c_str(), nullptr, &bundle), OAR_BAD_BUNDLE, "0.png: is a link"));
  ASSERT_EQ(::rename((path + "/golden").c_str(), (sample.folder / "golden").c_str()), 0);
  ASSERT_EQ(::symlink((sample.folder / "elsewhere").c_str(), (path + "/golden").c_str()), 0);
  EXPECT_TRUE(gives(oar_bundle_open(path.c_str(), nullptr, &bundle), OAR_BAD_BUNDLE, "golden: is a link"));
}

TEST(Bundle, BundleJsonIsAFileOfTheBundle) {
  const SampleBundle sample(model());
  const std::string path = sample.write(), manifest = path + "/bundle.json";
  oar_bundle* bundle = nullptr;
  ASSERT_EQ(::rename(manifest.c_str(), (sample.folder / "elsewhere.json").c_str()), 0);
  for (const char* target : {"../elsewhere.json", "nowhere"}) {
    ASSERT_EQ(::symlink(target, manifest.c_str()), 0);
    EXPECT_TRUE(gives(oar_bundle_open(path.c_str(), nullptr, &bundle), OAR_BAD_BUNDLE, "bundle.json: is a link"));
    ASSERT_EQ(::unlink(manifest.c_str()), 0);
  }
  ASSERT_EQ(::mkfifo(manifest.c_str(), 0600), 0);
  EXPECT_TRUE(
      gives(oar_bundle_open(path.c_str(), nullptr, &bundle), OAR_BAD_BUNDLE, "bundle.json: is no regular file"));
  ASSERT_EQ(::unlink(manifest.c_str()), 0);
  ASSERT_EQ(::mkdir(manifest.c_str(), 0700), 0);
  EXPECT_TRUE(
      gives(oar_bundle_open(path.c_str(), nullptr, &bundle), OAR_BAD_BUNDLE, "bundle.json: is no regular file"));
}

TEST(Bundle, SpecialFilesAreRefused) {
  const SampleBundle sample(model());
  const std::string path = sample.write(), picture = path + "/golden/0.png";
  oar_bundle* bundle = nullptr;
  ASSERT_EQ(::unlink(picture.c_str()), 0);
  ASSERT_EQ(::mkfifo(picture.c_str(), 0600), 0);
  EXPECT_TRUE(gives(oar_bundle_open(path.c_str(), nullptr, &bundle), OAR_BAD_BUNDLE, "0.png: is no regular file"));
  // A file that turns into a link or a pipe after the bundle was opened.
  ASSERT_EQ(::unlink(picture.c_str()), 0);
  sample.folder.write("s.oar/golden/0.png", std::string("picture"));
  const Bundle opened = open_bundle(path);
  const char* file = nullptr;
  ASSERT_EQ(::unlink(picture.c_str()), 0);
  ASSERT_EQ(::mkfifo(picture.c_str(), 0600), 0);
  EXPECT_TRUE(gives(oar_bundle_file(opened.get(), "golden/0.png", &file), OAR_BAD_BUNDLE, "is no regular file"));
  ASSERT_EQ(::unlink(picture.c_str()), 0);
  ASSERT_EQ(::symlink("../labels.txt", picture.c_str()), 0);
  EXPECT_TRUE(gives(oar_bundle_file(opened.get(), "golden/0.png", &file), OAR_BAD_BUNDLE, "is a link"));
}

TEST(Bundle, BundleJsonHasAnUpperSize) {
  const SampleBundle sample(model());
  const std::string path = sample.write(), text = sample.manifest.dump();
  constexpr size_t kMost = size_t{4} << 20;
  sample.folder.write("s.oar/bundle.json", text + std::string(kMost - text.size(), ' '));
  open_bundle(path);
  sample.folder.write("s.oar/bundle.json", text + std::string(kMost - text.size() + 1, ' '));
  oar_bundle* bundle = nullptr;
  EXPECT_TRUE(gives(oar_bundle_open(path.c_str(), nullptr, &bundle), OAR_BAD_BUNDLE,
                    "bundle.json: has 4194305 bytes, expected at most 4194304"));
}

TEST(Bundle, LabelsAreText) {
  SampleBundle sample(model());
  const char* const texts[] = {"cat\ncaf\xe9\n",          "cat\n\xed\xa0\x80\n", "cat\n\xc0\x80\n",
                               "cat\n\xf4\x90\x80\x80\n", "cat\n\xe2\x82\n",     "cat\n\x80\n"};
  oar_bundle* bundle = nullptr;
  for (const char* text : texts) {
    sample.manifest["labels"] = sample.add_file("labels.txt", text);
    sample.manifest["labels"]["count"] = 2;
    EXPECT_TRUE(gives(oar_bundle_open(sample.write().c_str(), nullptr, &bundle), OAR_BAD_BUNDLE,
                      "labels.txt: line 2 is no UTF-8 text"))
        << text;
  }
  sample.manifest["labels"] = sample.add_file("labels.txt", std::string("a\0b\n", 4));
  sample.manifest["labels"]["count"] = 1;
  EXPECT_TRUE(gives(oar_bundle_open(sample.write().c_str(), nullptr, &bundle), OAR_BAD_BUNDLE, "line 1 is no UTF-8"));
  const std::string olives = "\xc3\xb3leo \xe2\x82\xac \xf0\x9f\xab\x92";
  sample.manifest["labels"] = sample.add_file("labels.txt", olives + "\n");
  sample.manifest["labels"]["count"] = 1;
  EXPECT_EQ(oar_bundle_label(open_bundle(sample.write()).get(), 0), olives);
}

TEST(Bundle, MayItselfBeReachedThroughALink) {
  const SampleBundle sample(model());
  ASSERT_EQ(::symlink(sample.write().c_str(), (sample.folder / "link.oar").c_str()), 0);
  open_bundle(sample.folder / "link.oar");
}

TEST(Bundle, HashesAreCheckedWhenAFileIsAskedFor) {
  const SampleBundle sample(model());
  const std::string path = sample.write();
  sample.folder.write("s.oar/golden/0.png", std::string("Picture"));
  const Bundle bundle = open_bundle(path);
  const char* file = nullptr;
  EXPECT_TRUE(
      gives(oar_bundle_file(bundle.get(), "golden/0.png", &file), OAR_HASH_MISMATCH, "0.png: has the SHA-256 "));
  EXPECT_EQ(file, nullptr);
}

TEST(Bundle, AFileThatChangesIsHashedAgain) {
  const SampleBundle sample(model());
  const Bundle bundle = open_bundle(sample.write());
  const char* file = nullptr;
  ASSERT_EQ(oar_bundle_file(bundle.get(), "golden/0.png", &file), OAR_OK);
  ASSERT_EQ(::unlink(file), 0);
  sample.folder.write("s.oar/golden/0.png", std::string("Picture"));
  EXPECT_TRUE(gives(oar_bundle_file(bundle.get(), "golden/0.png", &file), OAR_HASH_MISMATCH, "damaged or replaced"));
}

TEST(Bundle, LabelsMustBeRight) {
  SampleBundle sample(model());
  sample.manifest["labels"]["count"] = 4;
  oar_bundle* bundle = nullptr;
  EXPECT_TRUE(gives(oar_bundle_open(sample.write().c_str(), nullptr, &bundle), OAR_BAD_BUNDLE,
                    "labels.txt: has 3 lines, but bundle.json says 4"));
  sample.folder.write("s.oar/labels.txt", std::string("Cat\ndog\nolive, green\n"));
  EXPECT_TRUE(gives(oar_bundle_open(sample.write().c_str(), nullptr, &bundle), OAR_HASH_MISMATCH,
                    "labels.txt: has the SHA-256"));
}

#if defined(__x86_64__)
TEST(BundleVariants, TheMostExactThatFitsIsTaken) {
  SampleBundle sample(model());
  const char* id = nullptr;
  {
    const Bundle bundle = open_bundle(sample.write());
    ASSERT_EQ(oar_bundle_pick_variant(bundle.get(), nullptr, &id), OAR_OK) << oar_last_error();
    EXPECT_STREQ(id, "x86-fp32");
    ASSERT_EQ(oar_bundle_pick_variant(bundle.get(), "arm64-fp16", &id), OAR_OK);
    EXPECT_STREQ(id, "arm64-fp16");
    EXPECT_TRUE(gives(oar_bundle_pick_variant(bundle.get(), "x86-fp16", &id), OAR_NOT_FOUND,
                      "has no variant 'x86-fp16', expected one of: 'x86-int8', 'x86-fp32', 'arm64-fp16'"));
  }
  sample.manifest["variants"].erase(1);
  {
    const Bundle bundle = open_bundle(sample.write());
    ASSERT_EQ(oar_bundle_pick_variant(bundle.get(), nullptr, &id), OAR_OK);
    EXPECT_STREQ(id, "x86-int8");
  }
  sample.manifest["variants"].erase(0);
  const Bundle bundle = open_bundle(sample.write());
  EXPECT_TRUE(gives(oar_bundle_pick_variant(bundle.get(), nullptr, &id), OAR_WRONG_TARGET,
                    "has no variant for this machine (x86-64), only 'arm64-fp16'"));
}

TEST(BundleSession, ClassifiesFromThePicture) {
  const SampleBundle sample(model());
  const Bundle bundle = open_bundle(sample.write());
  oar_session* session = nullptr;
  ASSERT_EQ(oar_bundle_open_session(bundle.get(), fake_engine(), nullptr, nullptr, &session), OAR_OK)
      << oar_last_error();
  EXPECT_EQ(oar_session_input_count(session), 1U);
  oar_session_close(session);
}

TEST(BundleSession, ADamagedModelIsRefused) {
  const SampleBundle sample(model());
  std::string damaged = model();
  damaged.back() = 1;  // In the weights, which the engine would take in silence.
  sample.folder.write("s.oar/x86-fp32.nb", damaged);
  const Bundle bundle = open_bundle(sample.write());
  oar_session* session = nullptr;
  EXPECT_TRUE(gives(oar_bundle_open_session(bundle.get(), fake_engine(), "x86-fp32", nullptr, &session),
                    OAR_HASH_MISMATCH, "x86-fp32.nb: has the SHA-256"));
  EXPECT_EQ(session, nullptr);
}
#endif

}  // namespace
