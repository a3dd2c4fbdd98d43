#include "classifier.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <system_error>

#include "crash.h"
#include "engine_search.h"
#include "failure.h"
#include "json.h"
#include "writers.h"

namespace oarlock {
namespace app {
namespace {

std::string shape_text(const oar_tensor& tensor) {
  std::string text = "(";
  for (int32_t axis = 0; axis < tensor.rank; ++axis) {
    text += (axis == 0 ? "" : ", ") + std::to_string(tensor.dims[axis]);
  }
  return text + ")";
}

void check_input(const oar_session& session, const std::string& path) {
  std::string found;
  bool fits = oar_session_input_count(&session) == 1;
  for (size_t i = 0; i < oar_session_input_count(&session); ++i) {
    oar_tensor input = {};
    input.struct_size = sizeof input;
    check(oar_session_input(&session, i, &input));
    fits = fits && input.rank == 4 && (input.dims[0] == -1 || input.dims[0] == 1);
    found += (found.empty() ? "" : " and ") + shape_text(input);
  }
  if (fits) return;
  fail_with("OAR-BAD-BUNDLE", {path, ": has preprocessing, but its model takes ", found,
                               ", expected one input of four dimensions whose first is 1 or -1 (any)"});
}

oar_frame frame_of(const StoredPicture& picture, const Turn& turn) {
  oar_frame frame = {};
  frame.struct_size = sizeof frame;
  frame.format = OAR_FRAME_RGB;
  frame.width = picture.width;
  frame.height = picture.height;
  frame.planes[0] = {picture.rgb.data(), picture.rgb.size(), int64_t{picture.width} * 3, 3};
  frame.rotation = turn.degrees;
  frame.mirror = turn.mirror ? 1 : 0;
  return frame;
}

oar_image image_of(const StoredPicture& picture) {
  oar_image image = {};
  image.struct_size = sizeof image;
  image.format = OAR_PIXEL_RGB;
  image.data = picture.rgb.data();
  image.width = picture.width;
  image.height = picture.height;
  image.row_stride = int64_t{picture.width} * 3;
  return image;
}

}  // namespace

BundleHandle open_bundle(const std::string& path) {
  const std::string home = store_home();
  // The core makes the folder itself, where its parent is there.
  std::error_code ignored;
  if (!home.empty()) std::filesystem::create_directories(std::filesystem::path(home).parent_path(), ignored);
  oar_bundle_options options = {};
  options.struct_size = sizeof options;
  options.cache = home.c_str();
  oar_bundle* bundle = nullptr;
  check(oar_bundle_open(path.c_str(), home.empty() ? nullptr : &options, &bundle));
  return BundleHandle(bundle);
}

Choice choose(const oar_bundle& bundle, const std::string& variant, const std::string& engine) {
  const char* picked = nullptr;
  check(oar_bundle_pick_variant(&bundle, variant.empty() ? nullptr : variant.c_str(), &picked));
  Choice choice;
  choice.variant = picked;
  const OrderedJson manifest = parse_json(oar_bundle_json(&bundle));
  for (const OrderedJson& each : manifest.at("variants")) {
    if (each.at("id") == choice.variant) choice.engine_version = each.at("engine").at("version").get<std::string>();
  }
  choice.library = find_engine(engine, choice.engine_version);
  return choice;
}

oar_engine* load_engine(const std::string& library) {
  const EngineAtWork at_work;
  oar_engine* engine = nullptr;
  check(oar_engine_load(library.c_str(), &engine));
  return engine;
}

double run(oar_session& session) {
  const EngineAtWork at_work;
  const auto begin = std::chrono::steady_clock::now();
  check(oar_session_run(&session));
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

Classifier::Classifier(const Arguments& arguments, const Output& output)
    : path_(arguments.bundle), top_(arguments.top), bundle_(open_bundle(arguments.bundle)) {
  const OrderedJson manifest = parse_json(oar_bundle_json(bundle_.get()));
  const OrderedJson& outputs = manifest.at("outputs");
  const auto classes = std::find_if(outputs.begin(), outputs.end(),
                                    [](const OrderedJson& each) { return each.at("meaning") != "tensor"; });
  if (manifest.at("preprocess").is_null() || classes == outputs.end()) {
    fail_with("OAR-NOT-A-CLASSIFIER", {path_, ": ", manifest.at("name").get<std::string>(),
                                       " does not take pictures and name classes; its tensors can be tested "
                                       "with --selftest and measured with --bench"});
  }
  output_ = static_cast<size_t>(classes - outputs.begin());
  logits_ = classes->at("meaning") == "logits";
  exif_orientation_ = manifest.at("preprocess").at("exif_orientation").get<bool>();
  spec_.struct_size = sizeof spec_;
  check(oar_bundle_preprocess(bundle_.get(), &spec_));
  oar_preprocessor* preprocessor = nullptr;
  check(oar_preprocessor_create(&spec_, &preprocessor));
  preprocessor_.reset(preprocessor);

  const Choice choice = choose(*bundle_, arguments.variant, arguments.engine);
  variant_ = choice.variant;
  prepare_for_crashes(path_ + ", " + variant_, output, failure_renderer(arguments.format));
  oar_engine* engine = load_engine(choice.library);
  oar_session_options options = {};
  options.struct_size = sizeof options;
  options.threads = arguments.threads;
  options.power = arguments.power;
  const EngineAtWork at_work;
  oar_session* session = nullptr;
  check(oar_bundle_open_session(bundle_.get(), engine, variant_.c_str(), &options, &session));
  session_.reset(session);
  check_input(*session_, path_);
}

Answer Classifier::classify(const StoredPicture& picture) {
  const Turn turn = turn_of(exif_orientation_ ? picture.orientation : 1);
  if (turn.degrees != 0 || turn.mirror) return classify(frame_of(picture, turn));
  const oar_image image = image_of(picture);
  return answer(picture.width, picture.height, [&](float* out, size_t count) {
    return oar_preprocessor_run(preprocessor_.get(), &image, out, count);
  });
}

Answer Classifier::classify(const oar_frame& frame) {
  const bool lying = frame.rotation == 90 || frame.rotation == 270;
  return answer(lying ? frame.height : frame.width, lying ? frame.width : frame.height, [&](float* out, size_t count) {
    return oar_preprocessor_run_frame(preprocessor_.get(), &frame, out, count);
  });
}

template <class Run>
Answer Classifier::answer(int32_t width, int32_t height, Run preprocess) {
  int32_t out_width = 0;
  int32_t out_height = 0;
  check(oar_preprocessor_output_size(preprocessor_.get(), width, height, &out_width, &out_height));
  tensor_.resize(size_t{3} * static_cast<size_t>(out_width) * static_cast<size_t>(out_height));
  check(preprocess(tensor_.data(), tensor_.size()));

  oar_tensor input = {};
  input.struct_size = sizeof input;
  input.dtype = OAR_FLOAT32;
  input.rank = 4;
  const bool planes = spec_.layout == OAR_LAYOUT_NCHW;
  const int64_t dims[] = {1, planes ? 3 : out_height, planes ? out_height : out_width, planes ? out_width : 3};
  std::copy(std::begin(dims), std::end(dims), input.dims);
  input.data = tensor_.data();
  input.bytes = tensor_.size() * sizeof(float);
  check(oar_session_set_input(session_.get(), &input));
  const double milliseconds = run(*session_);

  oar_tensor scores = {};
  scores.struct_size = sizeof scores;
  check(oar_session_output(session_.get(), output_, &scores));
  Answer answer = name(scores);
  answer.milliseconds = milliseconds;
  return answer;
}

Answer Classifier::name(const oar_tensor& scores) {
  bool per_class = scores.dtype == OAR_FLOAT32 && scores.rank >= 2 && scores.dims[0] == 1;
  for (int32_t axis = 2; axis < scores.rank; ++axis) per_class = per_class && scores.dims[axis] == 1;
  if (!per_class) {
    fail_with("OAR-NOT-A-CLASSIFIER", {path_, ": its output has shape ", shape_text(scores),
                                       " for a batch of 1, expected a score for every class, (1, classes)"});
  }
  const auto* found = static_cast<const float*>(scores.data);
  const size_t count = scores.bytes / sizeof(float);
  scores_.assign(found, found + count);
  const std::string where = path_ + ", " + variant_ + ": ";
  const std::string suspicion = "; this engine does not run this variant rightly";
  const auto wrong = std::count_if(scores_.begin(), scores_.end(), [](float score) { return !std::isfinite(score); });
  if (wrong > 0) {
    fail_with("OAR-NOT-FINITE", {where, std::to_string(wrong), " of ", std::to_string(count),
                                 " scores are NaN or infinite, expected numbers", suspicion});
  }
  if (count > 1 && std::all_of(scores_.begin(), scores_.end(), [&](float score) { return score == scores_[0]; })) {
    fail_with("OAR-ENGINE-FAILED", {where, "all ", std::to_string(count),
                                    " scores of a picture are equal, expected different ones", suspicion});
  }
  if (logits_) check(oar_softmax(scores_.data(), count, scores_.data()));
  const size_t wanted = std::min(top_, count);
  std::vector<int32_t> ids(wanted);
  std::vector<float> best(wanted);
  size_t written = 0;
  check(oar_top_k(scores_.data(), count, wanted, ids.data(), best.data(), &written));
  Answer answer;
  for (size_t i = 0; i < written; ++i) {
    const char* label = oar_bundle_label(bundle_.get(), ids[i]);
    answer.best.push_back({ids[i], label == nullptr ? std::nullopt : std::optional<std::string>(label), best[i]});
  }
  return answer;
}

}  // namespace app
}  // namespace oarlock
