// Several sessions at once, for ThreadSanitizer.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "abi.h"
#include "nb_writer.h"
#include "sample_bundle.h"

namespace {

constexpr int kHere = oarlock::fake::kThisTarget;

using oarlock::testing::fake_engine;

std::vector<float> run_once(const oarlock::fake::Bytes& model, float start) {
  oar_session* session = nullptr;
  oarlock::testing::check(
      oar_session_open_memory(fake_engine(), "m.nb", model.data(), model.size(), nullptr, &session));
  const oarlock::testing::Session owner(session, oar_session_close);
  std::vector<float> values(12, start);
  oar_tensor input = {};
  input.struct_size = sizeof input;
  input.dtype = OAR_FLOAT32;
  input.rank = 2;
  input.dims[0] = 1;
  input.dims[1] = 12;
  input.data = values.data();
  input.bytes = values.size() * sizeof(float);
  oarlock::testing::check(oar_session_set_input(session, &input));
  oarlock::testing::check(oar_session_run(session));
  oar_tensor output = {};
  output.struct_size = sizeof output;
  oarlock::testing::check(oar_session_output(session, 0, &output));
  const auto* data = static_cast<const float*>(output.data);
  return std::vector<float>(data, data + output.bytes / sizeof(float));
}

template <class Work>
void in_threads(int count, const Work& work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back([&work, i] { work(i); });
  for (std::thread& thread : threads) thread.join();
}

TEST(SessionThreads, EachGetsItsOwnAnswer) {
  const auto model = write_nb(oarlock::fake::simple_nb({{"x", {-1, 12}}}, {{"y", {-1, 10}}}, kHere));
  constexpr int kThreads = 8;
  std::vector<std::vector<float>> expected;
  for (int i = 0; i < kThreads; ++i) expected.push_back(run_once(model, static_cast<float>(i)));
  std::atomic<int> wrong{0};
  in_threads(kThreads, [&](int i) {
    for (int round = 0; round < 20; ++round) {
      if (run_once(model, static_cast<float>(i)) != expected[static_cast<size_t>(i)]) ++wrong;
    }
  });
  EXPECT_EQ(wrong, 0);
  EXPECT_NE(expected[0], expected[1]);
}

TEST(SessionThreads, ShareABundle) {
  const auto bytes = write_nb(oarlock::fake::simple_nb({{"x", {-1, 3, 8, 8}}}, {{"y", {-1, 10}}}, kHere));
  const oarlock::testing::SampleBundle sample(std::string(bytes.begin(), bytes.end()));
  const oarlock::testing::Bundle bundle = oarlock::testing::open_bundle(sample.write());
  std::atomic<int> failed{0};
  in_threads(8, [&](int i) {
    oar_session* session = nullptr;
    const char* path = nullptr;
    if (oar_bundle_open_session(bundle.get(), fake_engine(), nullptr, nullptr, &session) != OAR_OK) ++failed;
    if (oar_bundle_file(bundle.get(), i % 2 == 0 ? "golden/0.png" : "labels.txt", &path) != OAR_OK) ++failed;
    oar_session_close(session);
  });
  EXPECT_EQ(failed, 0);
}

}  // namespace
