// --serve: the model, and each stage of preprocessing, for a program at the other end of stdin and stdout, which may
// sit on another machine. docs/arm-linux.md has the messages.
#include <unistd.h>

#include <algorithm>
#include <new>

#include "channel.h"
#include "classifier.h"
#include "crash.h"
#include "failure.h"
#include "machine.h"
#include "program.h"

namespace oarlock {
namespace app {
namespace {

OrderedJson error_of(const Failure& failure) { return {{"error", failure.what()}, {"code", failure.code()}}; }

class Server {
 public:
  explicit Server(const Program& program) : bundle_(open_bundle(program.arguments.bundle)) {
    const Arguments& arguments = program.arguments;
    const Choice choice = choose(*bundle_, arguments.variant, arguments.engine);
    const auto render = [](const std::string& code, const std::string& sentence) {
      return framed({{"error", sentence}, {"code", code}}, {});
    };
    prepare_for_crashes(arguments.bundle + ", " + choice.variant, program.output, render);
    oar_engine* engine = load_engine(choice.library);
    oar_session_options options = {};
    options.struct_size = sizeof options;
    options.threads = arguments.threads;
    options.power = arguments.power;
    const EngineAtWork at_work;
    oar_session* session = nullptr;
    check(oar_bundle_open_session(bundle_.get(), engine, choice.variant.c_str(), &options, &session));
    session_.reset(session);
    environment_ = environment();
    environment_["engine"] = oar_engine_version(engine);
    environment_["threads"] = std::to_string(arguments.threads);
  }

  OrderedJson greeting() const {
    OrderedJson inputs = OrderedJson::array();
    for (size_t i = 0; i < oar_session_input_count(session_.get()); ++i) {
      oar_tensor input = description();
      check(oar_session_input(session_.get(), i, &input));
      const std::vector<int64_t> shape(input.dims, input.dims + input.rank);
      inputs.push_back({{"name", input.name}, {"dtype", oar_dtype_name(input.dtype)}, {"shape", shape}});
    }
    OrderedJson outputs = OrderedJson::array();
    for (size_t i = 0; i < oar_session_output_count(session_.get()); ++i) {
      oar_tensor output = description();
      check(oar_session_output(session_.get(), i, &output));
      outputs.push_back(output.name);
    }
    return {{"inputs", std::move(inputs)}, {"outputs", std::move(outputs)}, {"environment", environment_}};
  }

  ChannelMessage answer(const ChannelMessage& request) {
    const OrderedJson wanted = request.header.value("do", OrderedJson());
    try {
      if (wanted == "run") return run_model(request);
      if (wanted == "crop" || wanted == "tensor") return preprocess(request, wanted == "crop");
      fail_with("OAR-INVALID-ARGUMENT", {"\"do\" is ", wanted.dump(), ", expected run, crop or tensor"});
    } catch (const Failure& failure) {
      return {error_of(failure), {}};
    } catch (const std::bad_alloc&) {
      return {error_of(Failure(oar_status_code(OAR_OUT_OF_MEMORY), "there is not enough memory for this request")), {}};
    }
  }

 private:
  static oar_tensor description() {
    oar_tensor tensor = {};
    tensor.struct_size = sizeof tensor;
    return tensor;
  }

  ChannelMessage run_model(const ChannelMessage& request) {
    const OrderedJson& names = request.header.value("names", OrderedJson());
    if (!names.is_array() || names.size() != request.arrays.size()) {
      fail_with("OAR-INVALID-ARGUMENT", {"\"names\" is ", names.dump(), ", expected a name for each of ",
                                         std::to_string(request.arrays.size()), " arrays"});
    }
    for (size_t i = 0; i < names.size(); ++i) set_input(names[i].dump(), names[i], request.arrays[i]);
    const double milliseconds = run(*session_);
    ChannelMessage answer;
    OrderedJson given = OrderedJson::array();
    for (size_t i = 0; i < oar_session_output_count(session_.get()); ++i) {
      oar_tensor output = description();
      check(oar_session_output(session_.get(), i, &output));
      const auto* bytes = static_cast<const uint8_t*>(output.data);
      given.push_back(output.name);
      answer.arrays.push_back({output.dtype, {output.dims, output.dims + output.rank}, {bytes, bytes + output.bytes}});
    }
    answer.header = {{"names", std::move(given)}, {"seconds", milliseconds / 1000}};
    return answer;
  }

  void set_input(const std::string& shown, const OrderedJson& name, const Array& array) {
    if (!name.is_string()) fail_with("OAR-INVALID-ARGUMENT", {"a name is ", shown, ", expected a text"});
    const auto text = name.get<std::string>();
    oar_tensor input = description();
    input.dtype = array.dtype;
    input.name = text.c_str();
    input.rank = static_cast<int32_t>(array.shape.size());
    std::copy(array.shape.begin(), array.shape.end(), input.dims);
    input.data = array.data.data();
    input.bytes = array.data.size();
    check(oar_session_set_input(session_.get(), &input));
  }

  // The picture after resizing and cropping, or all the way to the model's input.
  ChannelMessage preprocess(const ChannelMessage& request, bool crop) {
    const oar_image image = image_of(request);
    prepare_preprocessor();
    int32_t width = 0;
    int32_t height = 0;
    check(oar_preprocessor_output_size(preprocessor_.get(), image.width, image.height, &width, &height));
    const size_t count = size_t{3} * static_cast<size_t>(width) * static_cast<size_t>(height);
    Array result;
    if (crop) {
      result = {OAR_UINT8, {height, width, 3}, std::vector<uint8_t>(count)};
      check(oar_preprocessor_crop(preprocessor_.get(), &image, result.data.data(), count));
    } else {
      const bool planes = spec_.layout == OAR_LAYOUT_NCHW;
      result.shape = planes ? std::vector<int64_t>{3, height, width} : std::vector<int64_t>{height, width, 3};
      result.data.resize(count * sizeof(float));
      check(oar_preprocessor_run(preprocessor_.get(), &image, reinterpret_cast<float*>(result.data.data()), count));
    }
    return {OrderedJson::object(), {std::move(result)}};
  }

  static oar_image image_of(const ChannelMessage& request) {
    const bool fits = request.arrays.size() == 1 && request.arrays[0].dtype == OAR_UINT8 &&
                      request.arrays[0].shape.size() == 3 && request.arrays[0].shape[2] == 3 &&
                      std::max(request.arrays[0].shape[0], request.arrays[0].shape[1]) <= INT32_MAX;
    if (!fits) fail_with("OAR-BAD-IMAGE", {"a picture is one array of uint8, (height, width, 3), RGB"});
    const Array& array = request.arrays[0];
    oar_image image = {};
    image.struct_size = sizeof image;
    image.format = OAR_PIXEL_RGB;
    image.data = array.data.data();
    image.width = static_cast<int32_t>(array.shape[1]);
    image.height = static_cast<int32_t>(array.shape[0]);
    image.row_stride = array.shape[1] * 3;
    return image;
  }

  void prepare_preprocessor() {
    if (preprocessor_ != nullptr) return;
    spec_.struct_size = sizeof spec_;
    check(oar_bundle_preprocess(bundle_.get(), &spec_));
    oar_preprocessor* preprocessor = nullptr;
    check(oar_preprocessor_create(&spec_, &preprocessor));
    preprocessor_.reset(preprocessor);
  }

  BundleHandle bundle_;
  SessionHandle session_;
  PreprocessorHandle preprocessor_;
  oar_preprocess_spec spec_ = {};
  std::map<std::string, std::string> environment_;
};

}  // namespace

int serve(const Program& program) {
  MessageChannel channel(STDIN_FILENO, program.output);
  try {
    Server server(program);
    channel.send({server.greeting(), {}});
    while (const auto request = channel.receive()) channel.send(server.answer(*request));
  } catch (const Failure& failure) {
    channel.send({error_of(failure), {}});
    throw;
  }
  return program.stop.exit_status();
}

}  // namespace app
}  // namespace oarlock
