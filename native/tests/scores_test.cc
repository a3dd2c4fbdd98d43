#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "oarlock.h"

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(Softmax, TurnsLogitsIntoProbabilities) {
  const std::array<float, 3> logits = {1, 2, 3};
  std::array<float, 3> probabilities;
  ASSERT_EQ(oar_softmax(logits.data(), logits.size(), probabilities.data()), OAR_OK);
  // exp(i) / (exp(1) + exp(2) + exp(3)) rounded to float32
  EXPECT_FLOAT_EQ(probabilities[0], 0.09003057317038046F);
  EXPECT_FLOAT_EQ(probabilities[1], 0.24472847105479767F);
  EXPECT_FLOAT_EQ(probabilities[2], 0.6652409557748219F);
}

TEST(Softmax, StandsLargeLogits) {
  const std::array<float, 3> logits = {3.0e38F, 3.0e38F, -3.0e38F};
  std::array<float, 3> probabilities;
  ASSERT_EQ(oar_softmax(logits.data(), logits.size(), probabilities.data()), OAR_OK);
  EXPECT_EQ(probabilities, (std::array<float, 3>{0.5F, 0.5F, 0.0F}));
}

TEST(Softmax, SumsToOneOverManyClasses) {
  std::vector<float> values(100000);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 97) / 10;
  ASSERT_EQ(oar_softmax(values.data(), values.size(), values.data()), OAR_OK);  // in place
  double sum = 0;
  for (const float value : values) sum += value;
  EXPECT_NEAR(sum, 1.0, 1e-6);
}

TEST(Softmax, RefusesWhatIsNotFinite) {
  for (const float bad : {kNan, kInfinity, -kInfinity}) {
    std::array<float, 3> values = {1, bad, 3};
    EXPECT_EQ(oar_softmax(values.data(), values.size(), values.data()), OAR_NOT_FINITE);
    EXPECT_NE(std::string(oar_last_error()).find("logits[1] of 3 is "), std::string::npos) << oar_last_error();
    EXPECT_EQ(values[0], 1.0F);
    EXPECT_EQ(values[2], 3.0F);
  }
}

TEST(Softmax, RefusesNull) {
  float value = 1;
  EXPECT_EQ(oar_softmax(nullptr, 1, &value), OAR_INVALID_ARGUMENT);
  EXPECT_STREQ(oar_last_error(), "argument 'logits' is NULL");
  EXPECT_EQ(oar_softmax(&value, 1, nullptr), OAR_INVALID_ARGUMENT);
  EXPECT_STREQ(oar_last_error(), "argument 'probabilities' is NULL");
}

TEST(Softmax, OfNothingIsNothing) {
  float untouched = 7;
  EXPECT_EQ(oar_softmax(&untouched, 0, &untouched), OAR_OK);
  EXPECT_EQ(untouched, 7.0F);
}

struct Top {
  oar_status status;
  std::vector<int32_t> ids;
  std::vector<float> best;
};

Top top_k(const std::vector<float>& scores, size_t k) {
  std::vector<int32_t> ids(k + 1, -1);
  std::vector<float> best(k + 1, -1);
  size_t found = 99;
  const oar_status status = oar_top_k(scores.data(), scores.size(), k, ids.data(), best.data(), &found);
  if (status != OAR_OK) {
    EXPECT_EQ(found, 99U);
    EXPECT_EQ(ids, std::vector<int32_t>(k + 1, -1));
    return {status, {}, {}};
  }
  EXPECT_EQ(ids[found], -1) << "written beyond what was found";
  ids.resize(found);
  best.resize(found);
  return {status, ids, best};
}

TEST(TopK, RanksBestFirst) {
  const Top top = top_k({0.1F, 0.7F, -0.4F, 0.2F}, 3);
  EXPECT_EQ(top.ids, (std::vector<int32_t>{1, 3, 0}));
  EXPECT_EQ(top.best, (std::vector<float>{0.7F, 0.2F, 0.1F}));
}

TEST(TopK, PutsTheLowerIndexFirstAmongEquals) {
  EXPECT_EQ(top_k({1, 3, 3, 1, 3, -0.0F, 0.0F}, 7).ids, (std::vector<int32_t>{1, 2, 4, 0, 3, 5, 6}));
  EXPECT_EQ(top_k(std::vector<float>(1000, 0.5F), 4).ids, (std::vector<int32_t>{0, 1, 2, 3}));
}

TEST(TopK, ClampsK) {
  EXPECT_EQ(top_k({1, 2}, 5).ids, (std::vector<int32_t>{1, 0}));
  EXPECT_TRUE(top_k({1, 2}, 0).ids.empty());
}

TEST(TopK, RefusesWhatIsNotFiniteEvenBehindTheBest) {
  EXPECT_EQ(top_k({5, 4, kNan}, 1).status, OAR_NOT_FINITE);
  EXPECT_STREQ(oar_last_error(), "scores[2] of 3 is nan, expected finite numbers");
  EXPECT_EQ(top_k({5, 4, -kInfinity}, 1).status, OAR_NOT_FINITE);
  EXPECT_EQ(top_k({5, kInfinity, 4}, 1).status, OAR_NOT_FINITE);
}

TEST(TopK, RefusesNull) {
  const float score = 1;
  int32_t id;
  float best;
  size_t found;
  EXPECT_EQ(oar_top_k(nullptr, 1, 1, &id, &best, &found), OAR_INVALID_ARGUMENT);
  EXPECT_EQ(oar_top_k(&score, 1, 1, nullptr, &best, &found), OAR_INVALID_ARGUMENT);
  EXPECT_EQ(oar_top_k(&score, 1, 1, &id, nullptr, &found), OAR_INVALID_ARGUMENT);
  EXPECT_EQ(oar_top_k(&score, 1, 1, &id, &best, nullptr), OAR_INVALID_ARGUMENT);
  EXPECT_STREQ(oar_last_error(), "argument 'found' is NULL");
}

TEST(TopK, RefusesMoreClassesThanIdsCanCount) {
  const float score = 1;
  int32_t id;
  float best;
  size_t found;
  EXPECT_EQ(oar_top_k(&score, size_t{1} << 31, 1, &id, &best, &found), OAR_INVALID_ARGUMENT);
}

}  // namespace
