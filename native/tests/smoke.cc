// oarlock_smoke [ENGINE [MODEL.nb]]: loads an engine in a program without Python, opens a model and runs it twice on a
// fixed ramp at batch 1 and 2; the answers must be finite, not all the same, and equal. Without arguments ENGINE and
// MODEL come from the environment: OARLOCK_ENGINE, OARLOCK_MODEL. Exit status 0 right, 1 wrong, 77 nothing to test.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "oarlock.h"

namespace {

constexpr int kSkipped = 77;

void check(oar_status status) {
  if (status != OAR_OK) throw std::runtime_error(std::string(oar_status_code(status)) + ": " + oar_last_error());
}

void expect(bool right, const std::string& what) {
  if (!right) throw std::runtime_error(what);
}

std::string argument(int argc, char** argv, int index, const char* variable) {
  if (index < argc) return argv[index];
  const char* value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

// Fills every input with a ramp, each row of the batch the same, and returns the first output.
std::vector<float> run(oar_session* session, int64_t batch) {
  for (size_t i = 0; i < oar_session_input_count(session); ++i) {
    oar_tensor input = {};
    input.struct_size = sizeof input;
    check(oar_session_input(session, i, &input));
    expect(input.dtype == OAR_FLOAT32, std::string("input ") + input.name + " is no float32");
    size_t row = 1;
    for (int32_t d = 0; d < input.rank; ++d) {
      if (input.dims[d] == -1) input.dims[d] = batch;
      if (d > 0) row *= static_cast<size_t>(input.dims[d]);
    }
    std::vector<float> values(row * static_cast<size_t>(input.dims[0]));
    for (size_t v = 0; v < values.size(); ++v) values[v] = std::sin(static_cast<float>(v % row) * 0.01f);
    input.data = values.data();
    input.bytes = values.size() * sizeof(float);
    check(oar_session_set_input(session, &input));
  }
  check(oar_session_run(session));
  oar_tensor output = {};
  output.struct_size = sizeof output;
  check(oar_session_output(session, 0, &output));
  expect(output.dtype == OAR_FLOAT32, "the output is no float32");
  const auto* data = static_cast<const float*>(output.data);
  return std::vector<float>(data, data + output.bytes / sizeof(float));
}

void smoke(const std::string& engine_path, const std::string& model) {
  oar_engine* engine = nullptr;
  check(oar_engine_load(engine_path.c_str(), &engine));
  std::printf("engine %s, version %s\n", oar_engine_path(engine), oar_engine_version(engine));
  oar_session* session = nullptr;
  check(oar_session_open(engine, model.c_str(), nullptr, &session));
  const std::vector<float> one = run(session, 1);
  expect(!one.empty() && run(session, 1) == one, "the second run gives another answer");
  bool varies = false;
  for (const float value : one) {
    expect(std::isfinite(value), "the answer is not finite");
    varies |= value != one[0];
  }
  expect(varies, "all values of the answer are the same");
  const std::vector<float> two = run(session, 2);
  expect(two.size() == 2 * one.size(), "batch 2 gives an answer of another size");
  for (size_t i = 0; i < two.size(); ++i) {
    expect(std::fabs(two[i] - one[i % one.size()]) <= 1e-5f * (1 + std::fabs(two[i])), "batch 2 gives another answer");
  }
  oar_session_close(session);
  std::printf("output of %zu values, the first %.9g\n", one.size(), static_cast<double>(one[0]));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string engine = argument(argc, argv, 1, "OARLOCK_ENGINE");
  const std::string model = argument(argc, argv, 2, "OARLOCK_MODEL");
  if (engine.empty() || model.empty()) {
    std::printf("skipped: no engine or no model given (OARLOCK_ENGINE, OARLOCK_MODEL)\n");
    return kSkipped;
  }
  try {
    smoke(engine, model);
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "oarlock_smoke: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
