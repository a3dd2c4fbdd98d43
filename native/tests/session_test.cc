// Sessions through the C interface, on the fake engine.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "abi.h"
#include "nb_writer.h"
#include "temporary_folder.h"

namespace {

using oarlock::fake::Bytes;
using oarlock::fake::NbFile;
using oarlock::fake::simple_nb;
using oarlock::fake::write_nb;
using oarlock::testing::fake_engine;
using oarlock::testing::gives;
using oarlock::testing::Session;
using oarlock::testing::TemporaryFolder;

constexpr int kHere = oarlock::fake::kThisTarget;
constexpr int kElsewhere = kHere == 2 ? 4 : 2;

NbFile one_input(const std::vector<std::string>& markers = {}) {
  return simple_nb({{"x", {-1, 3, 2, 2}}}, {{"y", {-1, 10}}}, kHere, markers);
}

oar_status open(const Bytes& bytes, oar_session** out, const oar_session_options* options = nullptr) {
  return oar_session_open_memory(fake_engine(), "m.nb", bytes.data(), bytes.size(), options, out);
}

Session opened(const NbFile& file) {
  oar_session* session = nullptr;
  oarlock::testing::check(open(write_nb(file), &session));
  return Session(session, oar_session_close);
}

oar_tensor tensor(const char* name, const std::vector<int64_t>& dims, const std::vector<float>& values) {
  oar_tensor result = {};
  result.struct_size = sizeof result;
  result.dtype = OAR_FLOAT32;
  result.name = name;
  result.rank = static_cast<int32_t>(dims.size());
  std::copy(dims.begin(), dims.end(), result.dims);
  result.data = values.data();
  result.bytes = values.size() * sizeof(float);
  return result;
}

oar_tensor empty_tensor() {
  oar_tensor result = {};
  result.struct_size = sizeof result;
  return result;
}

std::vector<float> ramp(size_t count, float start) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = start + static_cast<float>(i) / 8;
  return values;
}

std::vector<float> run(oar_session* session, const oar_tensor& input) {
  oarlock::testing::check(oar_session_set_input(session, &input));
  oarlock::testing::check(oar_session_run(session));
  oar_tensor output = empty_tensor();
  oarlock::testing::check(oar_session_output(session, 0, &output));
  const auto* data = static_cast<const float*>(output.data);
  return std::vector<float>(data, data + output.bytes / sizeof(float));
}

// ---- The way it should go

TEST(Session, DescribesItsInputs) {
  const Session session =
      opened(simple_nb({{"a", {-1, 4}}, {"b", {-1, 3}, oarlock::fake::kInt64}}, {{"y", {-1, 10}}}, kHere));
  ASSERT_EQ(oar_session_input_count(session.get()), 2U);
  ASSERT_EQ(oar_session_output_count(session.get()), 1U);
  oar_tensor input = empty_tensor();
  ASSERT_EQ(oar_session_input(session.get(), 1, &input), OAR_OK) << oar_last_error();
  EXPECT_STREQ(input.name, "b");
  EXPECT_EQ(input.dtype, OAR_INT64);
  ASSERT_EQ(input.rank, 2);
  EXPECT_EQ(input.dims[0], -1);
  EXPECT_EQ(input.dims[1], 3);
  EXPECT_EQ(input.data, nullptr);
  EXPECT_TRUE(
      gives(oar_session_input(session.get(), 2, &input), OAR_NOT_FOUND, "input 2 was asked for, the model has 2"));
}

TEST(Session, RunsAtAnyBatch) {
  const Session session = opened(one_input());
  const std::vector<float> values = ramp(24, 0);
  const std::vector<float> both = run(session.get(), tensor("x", {2, 3, 2, 2}, values));
  ASSERT_EQ(both.size(), 20U);
  for (int row = 0; row < 2; ++row) {
    const std::vector<float> half(values.begin() + 12 * row, values.begin() + 12 * row + 12);
    const std::vector<float> alone = run(session.get(), tensor(nullptr, {1, 3, 2, 2}, half));
    EXPECT_EQ(alone, std::vector<float>(both.begin() + 10 * row, both.begin() + 10 * row + 10));
  }
}

TEST(Session, FromAFileAndFromMemoryIsTheSame) {
  const TemporaryFolder folder;
  const std::string path = folder.write("m.nb", write_nb(one_input()));
  oar_session* session = nullptr;
  ASSERT_EQ(oar_session_open(fake_engine(), path.c_str(), nullptr, &session), OAR_OK) << oar_last_error();
  const Session owner(session, oar_session_close);
  const std::vector<float> values = ramp(12, 1);
  EXPECT_EQ(run(session, tensor("x", {1, 3, 2, 2}, values)),
            run(opened(one_input()).get(), tensor("x", {1, 3, 2, 2}, values)));
}

TEST(Session, TheBytesMayBeFreedAfterOpening) {
  auto bytes = std::make_unique<Bytes>(write_nb(one_input()));
  oar_session* session = nullptr;
  ASSERT_EQ(open(*bytes, &session), OAR_OK);
  const Session owner(session, oar_session_close);
  bytes.reset();
  EXPECT_EQ(run(session, tensor("x", {1, 3, 2, 2}, ramp(12, 1))).size(), 10U);
}

TEST(Session, InputsKeepTheirValueBetweenRuns) {
  const Session session = opened(one_input());
  const std::vector<float> values = ramp(12, 3);
  const std::vector<float> first = run(session.get(), tensor("x", {1, 3, 2, 2}, values));
  ASSERT_EQ(oar_session_run(session.get()), OAR_OK);
  oar_tensor output = empty_tensor();
  ASSERT_EQ(oar_session_output(session.get(), 0, &output), OAR_OK);
  EXPECT_EQ(std::memcmp(output.data, first.data(), output.bytes), 0);
}

TEST(Session, InputsThatTheModelOverwritesMustBeSetAgain) {
  NbFile file = one_input();
  file.operators[1].outputs["Output"].push_back("x");
  const Session session = opened(file);
  run(session.get(), tensor("x", {1, 3, 2, 2}, ramp(12, 3)));
  EXPECT_TRUE(gives(oar_session_run(session.get()), OAR_INVALID_ARGUMENT,
                    "input 'x' was never set since the last run; this model overwrites it"));
}

TEST(Session, OutputsHaveANameBeforeTheFirstRun) {
  const Session session = opened(one_input());
  oar_tensor output = empty_tensor();
  output.rank = 3;
  ASSERT_EQ(oar_session_output(session.get(), 0, &output), OAR_OK);
  EXPECT_STREQ(output.name, "y");
  EXPECT_EQ(output.rank, 0);
  EXPECT_EQ(output.data, nullptr);
  EXPECT_TRUE(gives(oar_session_output(session.get(), 1, &output), OAR_NOT_FOUND, "output 1 was asked for"));
}

TEST(Session, SeveralInputsAndOutputsGoByName) {
  const Session session =
      opened(simple_nb({{"a", {-1, 2}}, {"b", {-1, 2}}}, {{"y", {-1, 3}}, {"z", {-1, 4, 1}}}, kHere));
  const std::vector<float> one{1, 2}, other{3, 4};
  const oar_tensor a = tensor("a", {1, 2}, one), b = tensor("b", {1, 2}, other);
  ASSERT_EQ(oar_session_set_input(session.get(), &b), OAR_OK);
  EXPECT_TRUE(gives(oar_session_run(session.get()), OAR_INVALID_ARGUMENT, "input 'a' was never set"));
  ASSERT_EQ(oar_session_set_input(session.get(), &a), OAR_OK);
  ASSERT_EQ(oar_session_run(session.get()), OAR_OK) << oar_last_error();
  oar_tensor output = empty_tensor();
  ASSERT_EQ(oar_session_output(session.get(), 1, &output), OAR_OK);
  EXPECT_STREQ(output.name, "z");
  EXPECT_EQ(output.dtype, OAR_FLOAT32);
  EXPECT_EQ(std::vector<int64_t>(output.dims, output.dims + output.rank), (std::vector<int64_t>{1, 4, 1}));
  oar_tensor unnamed = tensor(nullptr, {1, 2}, one);
  EXPECT_TRUE(gives(oar_session_set_input(session.get(), &unnamed), OAR_NOT_FOUND, "tensor.name is NULL"));
  unnamed.name = "c";
  EXPECT_TRUE(gives(oar_session_set_input(session.get(), &unnamed), OAR_NOT_FOUND,
                    "has no input 'c', expected one of: 'a', 'b'"));
}

// ---- Tensors that do not fit

TEST(SessionInput, IsCheckedBeforeTheEngineSeesIt) {
  const Session session = opened(one_input());
  const std::vector<float> values(24);
  const auto refused = [&](const oar_tensor& wrong, oar_status status, const std::string& part) {
    return gives(oar_session_set_input(session.get(), &wrong), status, part);
  };
  const oar_tensor right = tensor("x", {1, 3, 2, 2}, std::vector<float>(12));
  oar_tensor wrong = tensor("x", {1, 3, 4, 2}, values);
  EXPECT_TRUE(refused(wrong, OAR_BAD_SHAPE, "was given with shape (1, 3, 4, 2), expected (any, 3, 2, 2)"));
  wrong = tensor("x", {24}, values);
  EXPECT_TRUE(refused(wrong, OAR_BAD_SHAPE, "was given with shape (24), expected (any, 3, 2, 2)"));
  wrong = tensor("x", {0, 3, 2, 2}, {});
  EXPECT_TRUE(refused(wrong, OAR_BAD_SHAPE, "shape (0, 3, 2, 2)"));
  wrong = tensor("x", {INT64_MAX, 3, 2, 2}, values);
  EXPECT_TRUE(refused(wrong, OAR_BAD_SHAPE, "expected (any, 3, 2, 2)"));
  wrong = right;
  wrong.dtype = OAR_UINT8;
  EXPECT_TRUE(refused(wrong, OAR_BAD_DTYPE, "was given as uint8, expected float32"));
  const int number = 99;
  std::memcpy(&wrong.dtype, &number, sizeof number);
  EXPECT_TRUE(refused(wrong, OAR_BAD_DTYPE, "was given as dtype number 99"));
  wrong = tensor("x", {2, 3, 2, 2}, std::vector<float>(23));
  EXPECT_TRUE(refused(wrong, OAR_INVALID_ARGUMENT, "bytes is 92, but shape (2, 3, 2, 2) of float32 takes 96"));
  wrong = right;
  wrong.data = nullptr;
  EXPECT_TRUE(refused(wrong, OAR_INVALID_ARGUMENT, "data is NULL"));
  wrong = right;
  wrong.rank = OAR_MAX_RANK + 1;
  EXPECT_TRUE(refused(wrong, OAR_INVALID_ARGUMENT, "rank is 9, expected 0 to 8"));
  wrong = right;
  wrong.struct_size = 4;
  EXPECT_TRUE(refused(wrong, OAR_INVALID_ARGUMENT, "oar_tensor.struct_size is 4"));
  EXPECT_TRUE(gives(oar_session_run(session.get()), OAR_INVALID_ARGUMENT, "input 'x' was never set"));
}

// ---- Models that do not fit

TEST(SessionModel, OfAnotherProcessorIsRefused) {
  oar_session* session = nullptr;
  const Bytes bytes = write_nb(simple_nb({{"x", {-1, 3}}}, {{"y", {-1, 10}}}, kElsewhere));
  EXPECT_TRUE(gives(open(bytes, &session), OAR_WRONG_TARGET, "variant, or make one with `oarlock opt … --target "));
#if defined(__x86_64__)
  EXPECT_TRUE(gives(open(bytes, &session), OAR_WRONG_TARGET,
                    "m.nb: made for ARM (arm64, armv7); this machine is x86-64: use the x86 variant"));
#endif
  EXPECT_EQ(session, nullptr);
}

TEST(SessionModel, OfAnotherVersionIsRefused) {
  oar_session* session = nullptr;
  NbFile file = one_input();
  for (const auto& [version, shown] :
       {std::pair("v2.11", "Paddle Lite 2.11"), std::pair("abcdef", "Paddle Lite build abcdef")}) {
    file.version = version;
    EXPECT_TRUE(gives(open(write_nb(file), &session), OAR_VERSION_MISMATCH,
                      std::string("made by ") + shown + ", but the library "));
  }
}

TEST(SessionModel, MustDescribeItsInputs) {
  oar_session* session = nullptr;
  EXPECT_TRUE(gives(open(write_nb(simple_nb({{"x", {}}}, {{"y", {-1, 10}}}, kHere)), &session), OAR_BAD_MODEL,
                    "input 'x' has no dtype and shape"));
  EXPECT_TRUE(gives(open(write_nb(simple_nb({{"x", {-1, 3}}}, {}, kHere)), &session), OAR_BAD_MODEL, "has no output"));
}

TEST(SessionModel, OptionsAreChecked) {
  oar_session* session = nullptr;
  const Bytes bytes = write_nb(one_input());
  oar_session_options options = {sizeof options, 0, OAR_POWER_NO_BIND};
  EXPECT_TRUE(gives(open(bytes, &session, &options), OAR_INVALID_ARGUMENT, "threads is 0, expected 1 to 64"));
  options.threads = 65;
  EXPECT_TRUE(gives(open(bytes, &session, &options), OAR_INVALID_ARGUMENT, "threads is 65"));
  options.threads = 64;
  const int power = 6;
  std::memcpy(&options.power, &power, sizeof power);
  EXPECT_TRUE(
      gives(open(bytes, &session, &options), OAR_INVALID_ARGUMENT, "power is 6, expected a value of oar_power"));
  options.struct_size = 1;
  EXPECT_TRUE(gives(open(bytes, &session, &options), OAR_INVALID_ARGUMENT, "oar_session_options.struct_size is 1"));
}

// ---- Engines that fail

TEST(SessionEngine, FailuresAreTranslated) {
  oar_session* session = nullptr;
  const auto fails_to_open = [&](const char* marker, const char* part) {
    return gives(open(write_nb(one_input({marker})), &session), OAR_ENGINE_FAILED, part);
  };
  EXPECT_TRUE(fails_to_open("fake_throw_create", "m.nb: Paddle Lite cannot load it: the fake engine was told to fail"));
  EXPECT_TRUE(fails_to_open("fake_null_create", "m.nb: Paddle Lite cannot load it: it returned no predictor"));
  EXPECT_TRUE(fails_to_open("fake_names", "names other inputs and outputs than the file does"));
  const auto fails_to_run = [&](const char* marker, const char* part) {
    const Session broken = opened(one_input({marker}));
    const std::vector<float> values(12);
    const oar_tensor input = tensor("x", {1, 3, 2, 2}, values);
    oarlock::testing::check(oar_session_set_input(broken.get(), &input));
    return gives(oar_session_run(broken.get()), OAR_ENGINE_FAILED, part);
  };
  EXPECT_TRUE(fails_to_run("fake_throw_run", "Paddle Lite failed to run it: the fake engine was told to fail"));
  EXPECT_TRUE(fails_to_run("fake_throw_odd_run", "an exception that is no std::exception"));
}

TEST(SessionEngine, AnEmptyResultIsAFailure) {
  const Session session = opened(one_input({"fake_empty"}));
  const std::vector<float> values(12);
  const oar_tensor input = tensor("x", {1, 3, 2, 2}, values);
  oarlock::testing::check(oar_session_set_input(session.get(), &input));
  oarlock::testing::check(oar_session_run(session.get()));
  oar_tensor output = empty_tensor();
  EXPECT_TRUE(gives(oar_session_output(session.get(), 0, &output), OAR_ENGINE_FAILED, "gave an empty result"));
}

TEST(SessionEngine, NanIsHandedOnForTheScoresToRefuse) {
  const Session session = opened(one_input({"fake_nan"}));
  const std::vector<float> logits = run(session.get(), tensor("x", {1, 3, 2, 2}, std::vector<float>(12)));
  EXPECT_TRUE(std::isnan(logits[0]));
  std::vector<float> scores(logits.size());
  EXPECT_EQ(oar_softmax(logits.data(), logits.size(), scores.data()), OAR_NOT_FINITE);
}

TEST(SessionArguments, RefuseNull) {
  oar_session* session = nullptr;
  const Bytes bytes = write_nb(one_input());
  EXPECT_TRUE(gives(oar_session_open(nullptr, "m.nb", nullptr, &session), OAR_INVALID_ARGUMENT, "'engine' is NULL"));
  EXPECT_TRUE(
      gives(oar_session_open(fake_engine(), nullptr, nullptr, &session), OAR_INVALID_ARGUMENT, "'path' is NULL"));
  EXPECT_TRUE(gives(open(bytes, nullptr), OAR_INVALID_ARGUMENT, "'out' is NULL"));
  EXPECT_TRUE(gives(oar_session_run(nullptr), OAR_INVALID_ARGUMENT, "'session' is NULL"));
  EXPECT_TRUE(gives(oar_session_set_input(nullptr, nullptr), OAR_INVALID_ARGUMENT, "'session' is NULL"));
  EXPECT_TRUE(gives(oar_session_output(nullptr, 0, nullptr), OAR_INVALID_ARGUMENT, "'session' is NULL"));
  EXPECT_EQ(oar_session_input_count(nullptr), 0U);
  oar_session_close(nullptr);
}

}  // namespace
