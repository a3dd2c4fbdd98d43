#include "fake_engine.h"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <thread>

#include "nb.h"

using oarlock::fake::FakeModel;
using oarlock::fake::FakeTensor;

namespace paddle {
namespace lite_api {
namespace {

FakeTensor& fake(void* raw) { return *static_cast<FakeTensor*>(raw); }

std::string environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : value;
}

}  // namespace

// ---- Tensors

Tensor::Tensor(void* raw) : raw_tensor_(raw) {}
Tensor::Tensor(const void* raw) : raw_tensor_(const_cast<void*>(raw)) {}
void Tensor::Resize(const std::vector<int64_t>& shape) { fake(raw_tensor_).shape = shape; }
std::vector<int64_t> Tensor::shape() const { return fake(raw_tensor_).shape; }
PrecisionType Tensor::precision() const { return fake(raw_tensor_).precision; }
TargetType Tensor::target() const { return TargetType::kHost; }
void Tensor::SetPrecision(PrecisionType precision) { fake(raw_tensor_).precision = precision; }
bool Tensor::IsInitialized() const { return !fake(raw_tensor_).memory.empty(); }

template <typename T>
const T* Tensor::data() const {
  return reinterpret_cast<const T*>(fake(raw_tensor_).memory.data());
}

template <typename T>
T* Tensor::mutable_data(TargetType) const {
  return static_cast<T*>(fake(raw_tensor_).allocate(sizeof(T)));
}

#define INSTANTIATE(type)                    \
  template const type* Tensor::data() const; \
  template type* Tensor::mutable_data(TargetType) const;
INSTANTIATE(bool)
INSTANTIATE(double)
INSTANTIATE(float)
INSTANTIATE(int64_t)
INSTANTIATE(int32_t)
INSTANTIATE(int8_t)
INSTANTIATE(uint8_t)
#undef INSTANTIATE

// ---- Configurations

ConfigBase::ConfigBase(PowerMode power, int thread_count)
    : threads(thread_count),
      mode(power),
      opencl_tune_mode(CL_TUNE_NONE),
      opencl_precision(CL_PRECISION_AUTO),
#if OARLOCK_LITE_LAYOUT != 210
      nnadapter_context_callback(nullptr),
#endif
      device_id(0),
      x86_math_num_threads(1),
      metal_use_mps(false),
      metal_use_aggressive(false),
      metal_device(nullptr),
      metal_use_memory_reuse(false) {
  const auto pretended = std::strtoul(environment("OARLOCK_FAKE_CONFIG_BYTES", "0").c_str(), nullptr, 10);
  // Only ever set where the object lies in larger storage: the core refuses such a library after its first look.
  unsigned char* bytes = reinterpret_cast<unsigned char*>(this);
  for (size_t i = sizeof(ConfigBase); i < pretended; ++i) bytes[i] = 0;
}

void ConfigBase::set_threads(int count) { threads = count; }
void ConfigBase::set_power_mode(PowerMode power) { mode = power; }
void ConfigBase::set_x86_math_num_threads(int count) { x86_math_num_threads = count; }

void MobileConfig::set_model_from_file(const std::string& path) { lite_model_file = path; }

#if OARLOCK_LITE_LAYOUT == 210 || OARLOCK_LITE_LAYOUT == 211
void MobileConfig::set_model_from_buffer(const std::string& bytes) {
  lite_model_file = bytes;
  model_from_memory = true;
}
#elif OARLOCK_LITE_LAYOUT == 214
void MobileConfig::set_model_from_buffer(const char* data, size_t size) {
  model_data = data;
  model_data_size = size;
  model_from_memory = true;
}
#else
void MobileConfig::set_model_from_buffer(const char* data, size_t size) {
  lite_model_file.assign(data, size);
  model_from_memory = true;
}
#endif

// ---- Predictors

// The base class has no usable constructor in the declarations, since only the engine makes predictors.
PaddlePredictor::PaddlePredictor() {}
PaddlePredictor::~PaddlePredictor() {}
std::vector<std::string> PaddlePredictor::GetParamNames() { return {}; }
std::unique_ptr<Tensor> PaddlePredictor::GetMutableTensor(const std::string&) { return nullptr; }
void PaddlePredictor::SaveOptimizedModel(const std::string&, LiteModelType, bool) {}

namespace {

void end_process_if_told(const FakeModel& model, const std::string& where) {
  if (model.is_marked(("fake_abort_" + where).c_str())) {
    std::fprintf(stderr,
                 "[F 1/ 1  0: 0: 0.  0 fake_engine.cc:1 Run] Check failed: told: the fake engine was told to abort\n");
    std::abort();
  }
  if (model.is_marked(("fake_crash_" + where).c_str())) {
#if defined(OARLOCK_SANITIZED)
    std::signal(SIGSEGV, SIG_DFL);  // Not a report of the sanitizer's.
#endif
    std::raise(SIGSEGV);
  }
  if (model.is_marked(("fake_exit_" + where).c_str())) std::_Exit(7);
  while (model.is_marked(("fake_hang_" + where).c_str())) std::this_thread::sleep_for(std::chrono::seconds(1));
}

class FakePredictor : public PaddlePredictor {
 public:
  explicit FakePredictor(FakeModel model) : model_(std::move(model)) {}

  std::unique_ptr<Tensor> GetInput(int index) override {
    return std::make_unique<Tensor>(&model_.inputs.at(static_cast<size_t>(index)));
  }

  std::unique_ptr<const Tensor> GetOutput(int index) const override {
    const void* raw = &model_.outputs.at(static_cast<size_t>(index));
    return std::make_unique<const Tensor>(raw);
  }

  void Run() override {
    end_process_if_told(model_, "run");
    if (model_.is_marked("fake_throw_run")) throw std::runtime_error("the fake engine was told to fail");
    if (model_.is_marked("fake_throw_odd_run")) throw 42;
    model_.run();
  }

  std::shared_ptr<PaddlePredictor> Clone() override { return nullptr; }
  std::shared_ptr<PaddlePredictor> Clone(const std::vector<std::string>&) override { return nullptr; }
  std::string GetVersion() const override { return environment("OARLOCK_FAKE_VERSION", "v2.12"); }
  std::vector<std::string> GetInputNames() override { return names(model_.inputs); }
  std::vector<std::string> GetOutputNames() override { return names(model_.outputs); }
  bool TryShrinkMemory() override { return true; }
  std::unique_ptr<Tensor> GetInputByName(const std::string&) override { return nullptr; }
  std::unique_ptr<const Tensor> GetTensor(const std::string&) const override { return nullptr; }

 private:
  std::vector<std::string> names(const std::vector<FakeTensor>& tensors) const {
    std::vector<std::string> result;
    for (const FakeTensor& tensor : tensors) {
      result.push_back(model_.is_marked("fake_names") ? "other_" + tensor.name : tensor.name);
    }
    return result;
  }

  FakeModel model_;
};

}  // namespace

template <typename ConfigT>
std::shared_ptr<PaddlePredictor> CreatePaddlePredictor(const ConfigT& config) {
  FakeModel model = FakeModel::load(config);
  end_process_if_told(model, "create");
  if (model.is_marked("fake_throw_create")) throw std::runtime_error("the fake engine was told to fail");
  if (model.is_marked("fake_null_create")) return nullptr;
  return std::make_shared<FakePredictor>(std::move(model));
}

template std::shared_ptr<PaddlePredictor> CreatePaddlePredictor<MobileConfig>(const MobileConfig& config);

}  // namespace lite_api
}  // namespace paddle
