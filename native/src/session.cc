#include "session.h"

#include <algorithm>
#include <cstring>

#include "session_checks.h"
#include "status.h"

using oarlock::check_struct_size;
using oarlock::fail;
using oarlock::NbTensor;
using oarlock::required;

namespace {

oarlock_predictor_options predictor_options(const oarlock::ByteSource& file, const std::string& path,
                                            const void* memory, const oar_session_options& options) {
  oarlock_predictor_options result = {};
  result.path = file.is_file() ? path.c_str() : nullptr;
  result.data = memory;
  result.size = static_cast<size_t>(file.size());
  result.threads = options.threads;
  result.power = options.power;
  return result;
}

void clear(oar_tensor& out, const NbTensor& tensor) {
  out.dtype = tensor.dtype.value_or(OAR_FLOAT32);
  out.name = tensor.name.c_str();
  out.rank = 0;
  std::fill_n(out.dims, OAR_MAX_RANK, 0);
  out.data = nullptr;
  out.bytes = 0;
}

}  // namespace

oar_session::oar_session(oar_engine& engine, const oarlock::ByteSource& file, const void* memory,
                         const oarlock::NbModel& model, const oar_session_options& options)
    : name_(file.name()),
      outputs_(model.program.outputs),
      predictor_(engine, file.name(), predictor_options(file, file.pinned_path(), memory, options)) {
  for (const NbTensor& tensor : model.program.inputs) inputs_.push_back({tensor});
  check_names();
}

// The file and the engine must mean the same tensor by the same index.
void oar_session::check_names() const {
  const oarlock_plugin_table& plugin = predictor_.plugin();
  bool equal = plugin.input_count(predictor_.get()) == inputs_.size() &&
               plugin.output_count(predictor_.get()) == outputs_.size();
  for (size_t i = 0; equal && i < inputs_.size(); ++i) {
    equal = inputs_[i].tensor.name == plugin.input_name(predictor_.get(), i);
  }
  for (size_t i = 0; equal && i < outputs_.size(); ++i) {
    equal = outputs_[i].name == plugin.output_name(predictor_.get(), i);
  }
  if (!equal) fail(OAR_ENGINE_FAILED, name_, ": Paddle Lite names other inputs and outputs than the file does");
}

void oar_session::describe_input(size_t index, oar_tensor& out) const {
  if (index >= inputs_.size()) {
    fail(OAR_NOT_FOUND, name_, ": input ", index, " was asked for, the model has ", inputs_.size());
  }
  const NbTensor& tensor = inputs_[index].tensor;
  clear(out, tensor);
  out.rank = static_cast<int32_t>(tensor.shape->size());
  std::copy(tensor.shape->begin(), tensor.shape->end(), out.dims);
}

size_t oar_session::find_input(const char* name) const {
  if (name == nullptr && inputs_.size() == 1) return 0;
  std::string names;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (name != nullptr && inputs_[i].tensor.name == name) return i;
    names += (i == 0 ? "'" : ", '") + inputs_[i].tensor.name + "'";
  }
  if (name == nullptr) fail(OAR_NOT_FOUND, name_, ": tensor.name is NULL, but the model has several inputs: ", names);
  fail(OAR_NOT_FOUND, name_, ": has no input '", name, "', expected one of: ", names);
}

void oar_session::set_input(const oar_tensor& tensor) {
  const size_t index = find_input(tensor.name);
  Input& input = inputs_[index];
  oarlock::check_tensor(name_, input.tensor, tensor);
  char error[kOarlockPluginErrorBytes] = "";
  if (predictor_.plugin().set_input(predictor_.get(), index, tensor.dtype, tensor.dims, tensor.rank, tensor.data,
                                    tensor.bytes, error) != 0) {
    fail(OAR_ENGINE_FAILED, name_, ": input '", input.tensor.name, "': Paddle Lite does not take it: ", error);
  }
  input.is_set = true;
}

void oar_session::run() {
  for (const Input& input : inputs_) {
    if (input.is_set) continue;
    fail(OAR_INVALID_ARGUMENT, name_, ": input '", input.tensor.name, "' was never set",
         input.tensor.is_overwritten ? " since the last run; this model overwrites it" : "");
  }
  char error[kOarlockPluginErrorBytes] = "";
  if (predictor_.plugin().run(predictor_.get(), error) != 0) {
    fail(OAR_ENGINE_FAILED, name_, ": Paddle Lite failed to run it: ", error);
  }
  has_run_ = true;
  for (Input& input : inputs_) input.is_set = !input.tensor.is_overwritten;
}

void oar_session::output(size_t index, oar_tensor& out) const {
  if (index >= outputs_.size()) {
    fail(OAR_NOT_FOUND, name_, ": output ", index, " was asked for, the model has ", outputs_.size());
  }
  oar_tensor result = {};
  clear(result, outputs_[index]);
  result.struct_size = out.struct_size;
  char error[kOarlockPluginErrorBytes] = "";
  if (has_run_ && predictor_.plugin().output(predictor_.get(), index, &result, error) != 0) {
    fail(OAR_ENGINE_FAILED, name_, ": output '", outputs_[index].name, "': Paddle Lite gave no result: ", error);
  }
  if (has_run_ && (result.data == nullptr || result.bytes == 0)) {
    fail(OAR_ENGINE_FAILED, name_, ": output '", outputs_[index].name, "': Paddle Lite gave an empty result");
  }
  out = result;
}

namespace oarlock {

oar_session* open_session(oar_engine& engine, const ByteSource& file, const void* memory,
                          const oar_session_options* options) {
  const oar_session_options checked = check_options(options);
  const NbModel model = read_nb(file);
  check_target(model);
  check_version(model, engine);
  check_interface(model);
  return new oar_session(engine, file, memory, model, checked);
}

}  // namespace oarlock

oar_status oar_session_open(oar_engine* engine, const char* path, const oar_session_options* options,
                            oar_session** out) {
  return oarlock::guard([&] {
    required(out, "out");
    auto& checked_engine = required(engine, "engine");
    const auto file = oarlock::ByteSource::open_file(&required(path, "path"));
    *out = oarlock::open_session(checked_engine, file, nullptr, options);
  });
}

oar_status oar_session_open_memory(oar_engine* engine, const char* name, const void* data, size_t size,
                                   const oar_session_options* options, oar_session** out) {
  return oarlock::guard([&] {
    required(out, "out");
    auto& checked_engine = required(engine, "engine");
    const auto* bytes = &required(static_cast<const char*>(data), "data");
    const auto file = oarlock::ByteSource::from_memory(&required(name, "name"), bytes, size);
    *out = oarlock::open_session(checked_engine, file, data, options);
  });
}

void oar_session_close(oar_session* session) { delete session; }

size_t oar_session_input_count(const oar_session* session) { return session == nullptr ? 0 : session->input_count(); }

size_t oar_session_output_count(const oar_session* session) { return session == nullptr ? 0 : session->output_count(); }

oar_status oar_session_input(const oar_session* session, size_t index, oar_tensor* out) {
  return oarlock::guard([&] {
    const auto& checked = required(session, "session");
    check_struct_size(required(out, "out").struct_size, sizeof *out, "oar_tensor");
    checked.describe_input(index, *out);
  });
}

oar_status oar_session_set_input(oar_session* session, const oar_tensor* tensor) {
  return oarlock::guard([&] {
    auto& checked = required(session, "session");
    check_struct_size(required(tensor, "tensor").struct_size, sizeof *tensor, "oar_tensor");
    checked.set_input(*tensor);
  });
}

oar_status oar_session_run(oar_session* session) {
  return oarlock::guard([&] { required(session, "session").run(); });
}

oar_status oar_session_output(const oar_session* session, size_t index, oar_tensor* out) {
  return oarlock::guard([&] {
    const auto& checked = required(session, "session");
    check_struct_size(required(out, "out").struct_size, sizeof *out, "oar_tensor");
    checked.output(index, *out);
  });
}
