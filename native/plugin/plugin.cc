// The plugin: Paddle Lite's C++ interface behind the C functions of plugin_abi.h.
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "layout_check.h"
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

int check_layout(char* error) {
  return guarded(error, [] { oarlock::plugin::check_layout(); });
}

int engine_version(char* version, char* error) {
  return guarded(error, [&] {
    std::strncpy(version, oarlock::plugin::ask_version().c_str(), kOarlockPluginVersionBytes - 1);
    version[kOarlockPluginVersionBytes - 1] = '\0';
  });
}

}  // namespace

struct oarlock_predictor {
  std::shared_ptr<lite::PaddlePredictor> engine;
  int threads = 1;
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
      lite::give_model(config, static_cast<const char*>(options->data), options->size);
    }
    auto predictor = std::make_unique<oarlock_predictor>();
    predictor->threads = options->threads;
    predictor->engine = lite::CreatePaddlePredictor<lite::MobileConfig>(config);
    if (predictor->engine == nullptr) throw std::runtime_error("it returned no predictor");
    predictor->inputs = predictor->engine->GetInputNames();
    predictor->outputs = predictor->engine->GetOutputNames();
    *out = predictor.release();
  });
}

void destroy(oarlock_predictor* predictor) {
  char ignored[kOarlockPluginErrorBytes];
  guarded(ignored, [&] { delete predictor; });
}

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

// The versions of the layout, and NULL.
template <size_t N>
struct NullTerminated {
  explicit constexpr NullTerminated(const char* const (&values)[N]) : texts() {
    for (size_t i = 0; i < N; ++i) texts[i] = values[i];
  }
  const char* texts[N + 1];
};
constexpr NullTerminated kVersions(lite::kLayoutVersions);

constexpr oarlock_plugin_table kTable = {
    kOarlockPluginAbi, kVersions.texts, check_layout, engine_version, create, destroy, input_count,
    output_count,      input_name,      output_name,  set_input,      run,    output,
};

}  // namespace

const oarlock_plugin_table* oarlock_plugin_table_v1(void) { return &kTable; }
