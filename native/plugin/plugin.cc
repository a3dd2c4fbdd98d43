// The plugin: Paddle Lite's C++ interface behind the C functions of plugin_abi.h.
#include <cstring>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "lite_api.h"
#include "plugin_abi.h"
#include "tensor_types.h"
#include "thread_scope.h"

namespace {

namespace lite = paddle::lite_api;
using oarlock::plugin::ThreadScope;

void set_error(char* error, const char* message) noexcept {
  std::strncpy(error, message, kOarlockPluginErrorBytes - 1);
  error[kOarlockPluginErrorBytes - 1] = '\0';
}

// Runs body and turns whatever the engine throws into a text.
template <class Body>
int guarded(char* error, Body&& body) noexcept {
  try {
    body();
    return 0;
  } catch (const std::exception& exception) {
    set_error(error, exception.what());
  } catch (...) {
    set_error(error, "an exception that is no std::exception");
  }
  return 1;
}

// Storage for a config of any version, filled with a pattern, so that what the engine's constructor wrote can be seen.
class PatternedStorage {
 public:
  PatternedStorage() { std::memset(bytes_, kPattern, sizeof bytes_); }
  void* get() { return bytes_; }
  // One past the last byte that differs from the pattern.
  size_t written() const {
    asm volatile("" : : "r"(bytes_) : "memory");  // The writer is the engine's code, which the optimiser cannot see.
    size_t end = sizeof bytes_;
    while (end > 0 && bytes_[end - 1] == kPattern) --end;
    return end;
  }

 private:
  static constexpr unsigned char kPattern = 0xA5;
  alignas(std::max_align_t) unsigned char bytes_[4096];
};

// Every version's ConfigBase has another size or other members at its end (2.11 and 2.12 are the same for our purpose),
// so where the engine's own constructor stops writing tells whether the declarations fit. An object of another layout
// is left undestroyed.
int check_layout(char* error) {
  return guarded(error, [] {
    PatternedStorage storage;
    auto* base = new (storage.get()) lite::ConfigBase();
    if (storage.written() != sizeof(lite::ConfigBase)) {
      throw std::runtime_error("its ConfigBase has " + std::to_string(storage.written()) + " bytes, expected " +
                               std::to_string(sizeof(lite::ConfigBase)));
    }
    base->set_x86_math_num_threads(7);
    if (base->mode != lite::LITE_POWER_NO_BIND || base->device_id != 0 || base->x86_math_num_threads != 7) {
      throw std::runtime_error("the members of its ConfigBase are not where version 2.12 has them");
    }
    base->~ConfigBase();
    lite::MobileConfig mobile;
    mobile.set_model_from_buffer("oarlock", 7);
    if (!mobile.model_from_memory || mobile.lite_model_file != "oarlock") {
      throw std::runtime_error("the members of its MobileConfig are not where version 2.12 has them");
    }
  });
}

}  // namespace

struct oarlock_predictor {
  std::shared_ptr<lite::PaddlePredictor> engine;
  int threads = 1;
  std::string version;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
};

namespace {

int create(const oarlock_predictor_options* options, oarlock_predictor** out, char* error) {
  return guarded(error, [&] {
    lite::MobileConfig config;
    config.set_power_mode(static_cast<lite::PowerMode>(options->power));
    config.set_threads(options->threads);
    config.set_x86_math_num_threads(options->threads);
    if (options->path != nullptr) {
      config.set_model_from_file(options->path);
    } else {
      config.set_model_from_buffer(static_cast<const char*>(options->data), options->size);
    }
    auto predictor = std::make_unique<oarlock_predictor>();
    predictor->threads = options->threads;
    predictor->engine = lite::CreatePaddlePredictor<lite::MobileConfig>(config);
    if (predictor->engine == nullptr) throw std::runtime_error("it returned no predictor");
    predictor->version = predictor->engine->GetVersion();
    predictor->inputs = predictor->engine->GetInputNames();
    predictor->outputs = predictor->engine->GetOutputNames();
    *out = predictor.release();
  });
}

void destroy(oarlock_predictor* predictor) {
  char ignored[kOarlockPluginErrorBytes];
  guarded(ignored, [&] { delete predictor; });
}

const char* version(const oarlock_predictor* predictor) { return predictor->version.c_str(); }
size_t input_count(const oarlock_predictor* predictor) { return predictor->inputs.size(); }
size_t output_count(const oarlock_predictor* predictor) { return predictor->outputs.size(); }
const char* input_name(const oarlock_predictor* predictor, size_t index) { return predictor->inputs[index].c_str(); }
const char* output_name(const oarlock_predictor* predictor, size_t index) { return predictor->outputs[index].c_str(); }

int set_input(oarlock_predictor* predictor, size_t index, oar_dtype dtype, const int64_t* dims, int32_t rank,
              const void* data, size_t bytes, char* error) {
  return guarded(error, [&] {
    std::unique_ptr<lite::Tensor> tensor = predictor->engine->GetInput(static_cast<int>(index));
    if (tensor == nullptr) throw std::runtime_error("it gave no input tensor");
    tensor->Resize(std::vector<int64_t>(dims, dims + rank));
    void* destination = oarlock::plugin::mutable_data(*tensor, dtype);
    if (destination == nullptr) throw std::runtime_error("it gave an input tensor without memory");
    std::memcpy(destination, data, bytes);
  });
}

int run(oarlock_predictor* predictor, char* error) {
  return guarded(error, [&] {
    const ThreadScope threads(predictor->threads);
    predictor->engine->Run();
  });
}

int output(oarlock_predictor* predictor, size_t index, oar_tensor* out, char* error) {
  return guarded(error, [&] {
    const std::unique_ptr<const lite::Tensor> tensor = predictor->engine->GetOutput(static_cast<int>(index));
    if (tensor == nullptr) throw std::runtime_error("it gave no output tensor");
    oarlock::plugin::describe(*tensor, out);
  });
}

constexpr oarlock_plugin_table kTable = {
    kOarlockPluginAbi, "2.12",     check_layout, create,    destroy, version, input_count,
    output_count,      input_name, output_name,  set_input, run,     output,
};

}  // namespace

const oarlock_plugin_table* oarlock_plugin_table_v1(void) { return &kTable; }
