// The engine without Oarlock: what a user's own loop around Paddle Lite costs, to compare our session with.
// Called through ctypes after the engine has been loaded into the process; nothing here checks anything.
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "lite_api.h"

namespace lite = paddle::lite_api;

struct Bare {
  std::shared_ptr<lite::PaddlePredictor> predictor;
};

extern "C" {

// A predictor on one thread; freed by bare_close.
Bare* bare_open(const char* path) {
  lite::MobileConfig config;
  config.set_model_from_file(path);
  return new Bare{lite::CreatePaddlePredictor<lite::MobileConfig>(config)};
}

// float32 of the first input, row-major.
void bare_set_input(Bare* bare, const int64_t* dims, int32_t rank, const float* data) {
  std::unique_ptr<lite::Tensor> input = bare->predictor->GetInput(0);
  input->Resize(std::vector<int64_t>(dims, dims + rank));
  size_t count = 1;
  for (int32_t i = 0; i < rank; ++i) count *= static_cast<size_t>(dims[i]);
  std::memcpy(input->mutable_data<float>(), data, count * sizeof(float));
}

void bare_run(Bare* bare) { bare->predictor->Run(); }

void bare_close(Bare* bare) { delete bare; }

}  // extern "C"
