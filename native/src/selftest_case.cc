#include "selftest_case.h"

#include <algorithm>
#include <utility>

#include "image.h"
#include "npy.h"
#include "png.h"
#include "preprocess.h"
#include "selftest_sentence.h"
#include "status.h"

namespace oarlock {
namespace {

struct Recorded {
  std::string name;
  std::string file;
  NpyArray array;
};

std::vector<Recorded> read_arrays(const oar_bundle& bundle, const std::vector<BundleArray>& arrays) {
  std::vector<Recorded> result;
  for (const BundleArray& each : arrays) {
    const ByteSource file = bundle.open_verified(each.file);
    result.push_back({each.name, file.name(), read_npy(file)});
  }
  return result;
}

// Like read_arrays; a reference that is not finite is none.
std::vector<Recorded> read_outputs(const oar_bundle& bundle, const std::vector<BundleArray>& arrays) {
  std::vector<Recorded> result = read_arrays(bundle, arrays);
  for (const Recorded& each : result) {
    const size_t bad = count_not_finite(each.array.tensor(nullptr));
    if (bad > 0) {
      fail(OAR_BAD_BUNDLE, each.file, ": ", bad, " of ", each.array.count(),
           " values of the reference are NaN or infinite, expected numbers; make the bundle again with `oarlock opt`");
    }
  }
  return result;
}

std::vector<int64_t> shape_of(const oar_tensor& tensor) {
  return std::vector<int64_t>(tensor.dims, tensor.dims + tensor.rank);
}

OutputResult judge(const oar_tensor& found, const Recorded& expected, bool names_classes, double limit) {
  const oar_tensor reference = expected.array.tensor(nullptr);
  OutputResult result;
  result.name = expected.name;
  if (is_floating(found.dtype) != is_floating(reference.dtype)) {
    result.problem = text("is ", oar_dtype_name(found.dtype), ", expected ", oar_dtype_name(reference.dtype));
  } else if (shape_of(found) != expected.array.shape) {
    result.problem = text("has shape ", shape_text(shape_of(found)), ", expected ", shape_text(expected.array.shape));
  }
  if (!result.problem.empty()) return result;
  const Difference difference = compare(found, reference);
  result.difference = difference;
  if (difference.not_finite > 0) {
    result.problem =
        text(difference.not_finite, " of ", difference.elements, " values are NaN or infinite, expected numbers");
    return result;
  }
  if (names_classes) result.first = first_classes(found, reference);
  if (!is_floating(reference.dtype)) {
    if (difference.differing > 0) {
      result.problem = text(difference.differing, " of ", difference.elements,
                            " values differ, expected none to: they are whole numbers");
    }
    return result;
  }
  if (difference.largest_expected > 0) {
    result.relative_error = difference.largest / difference.largest_expected;
    if (!(*result.relative_error <= limit)) {
      result.problem = text("the largest difference is ", number(*result.relative_error),
                            " of the largest reference, expected at most ", number(limit));
    }
  } else if (difference.largest == 0) {
    result.relative_error = 0;
  } else {
    result.problem = text("values are up to ", number(difference.largest), ", expected zeros");
  }
  return result;
}

// The session's output of that name in `found`; false when there is none.
bool find_output(const oar_session& session, const std::string& name, oar_tensor& found) {
  for (size_t i = 0; i < session.output_count(); ++i) {
    found.struct_size = sizeof found;
    session.output(i, found);
    if (name == found.name) return true;
  }
  return false;
}

// Failures of the session are part of the result.
RunResult run(oar_session& session, const std::vector<oar_tensor>& inputs, const std::vector<Recorded>& outputs,
              const std::set<std::string>& class_outputs, double limit) {
  RunResult result;
  try {
    if (inputs.size() != session.input_count()) {
      fail(OAR_BAD_MODEL, "the model has ", session.input_count(), " inputs, the case has ", inputs.size());
    }
    for (const oar_tensor& input : inputs) session.set_input(input);
    session.run();
    for (const Recorded& expected : outputs) {
      oar_tensor found = {};
      if (!find_output(session, expected.name, found)) {
        fail(OAR_BAD_MODEL, "the model has no output '", expected.name, "', which the reference has");
      }
      result.outputs.push_back(judge(found, expected, class_outputs.count(expected.name) != 0, limit));
    }
  } catch (const Error& error) {
    result.problem = error.what();
    return result;
  }
  for (const OutputResult& output : result.outputs) {
    if (output.problem.empty()) continue;
    result.problem = text("output '", output.name, "': ", output.problem);
    break;
  }
  return result;
}

// The picture as the model's input, as often as the batch of `expected` has it.
NpyArray preprocess(const oar_preprocess_spec& spec, const PngPicture& picture, const NpyArray& expected) {
  const Preprocessor preprocessor(spec);
  const oar_image image = picture.image();
  const Window result = preprocessor.geometry({picture.width, picture.height}).cropped;
  std::vector<float> values(static_cast<size_t>(result.width) * static_cast<size_t>(result.height) * 3);
  preprocessor.run(view_image(image, preprocessor.color()), values.data(), values.size());
  const bool is_batch =
      !expected.shape.empty() && static_cast<int64_t>(expected.count() / values.size()) == expected.shape[0];
  const int64_t batch = is_batch ? expected.shape[0] : 1;
  NpyArray tensor;
  tensor.shape = spec.layout == OAR_LAYOUT_NCHW ? std::vector<int64_t>{batch, 3, result.height, result.width}
                                                : std::vector<int64_t>{batch, result.height, result.width, 3};
  const auto* const bytes = reinterpret_cast<const unsigned char*>(values.data());
  for (int64_t i = 0; i < batch; ++i) {
    tensor.data.insert(tensor.data.end(), bytes, bytes + values.size() * sizeof(float));
  }
  return tensor;
}

// The first stage; `tensor` is what came of it, where anything did.
PreprocessingResult check_preprocessing(const std::optional<oar_preprocess_spec>& spec, const PngPicture& picture,
                                        const NpyArray& expected, std::optional<NpyArray>& tensor) {
  PreprocessingResult result;
  if (!spec) {
    result.problem = "there is a picture, but bundle.json has no preprocessing for it";
    return result;
  }
  try {
    tensor = preprocess(*spec, picture, expected);
  } catch (const Error& error) {
    result.problem = error.what();
    return result;
  }
  if (expected.dtype != OAR_FLOAT32 || tensor->shape != expected.shape) {
    result.problem = text("the picture becomes float32 ", shape_text(tensor->shape), ", expected ",
                          oar_dtype_name(expected.dtype), " ", shape_text(expected.shape));
    return result;
  }
  result.difference = compare(tensor->tensor(nullptr), expected.tensor(nullptr));
  if (result.difference->differing > 0) {
    result.problem = text(result.difference->differing, " of ", result.difference->elements,
                          " values differ from the recorded input, by up to ", number(result.difference->largest),
                          ", expected none to");
  }
  return result;
}

}  // namespace

CaseResult run_case(const oar_bundle& bundle, const BundleCase& golden, oar_session& session, double limit,
                    std::vector<std::string>& remarks) {
  const std::vector<Recorded> inputs = read_arrays(bundle, golden.inputs);
  const std::vector<Recorded> outputs = read_outputs(bundle, golden.outputs);
  const BundleManifest& manifest = bundle.manifest();
  std::vector<oar_tensor> feeds;
  for (const Recorded& input : inputs) feeds.push_back(input.array.tensor(input.name.c_str()));

  CaseResult result;
  result.name = golden.name;
  std::optional<NpyArray> tensor;
  if (golden.picture) {
    if (inputs.size() != 1) {
      fail(OAR_BAD_BUNDLE, bundle.path(), ": the golden case ", golden.name, " has a picture and ", inputs.size(),
           " inputs, expected one input that the picture becomes");
    }
    const ByteSource file = bundle.open_verified(*golden.picture);
    if (const std::optional<PngPicture> picture = read_stored_png(file)) {
      result.preprocessing = check_preprocessing(manifest.preprocess, *picture, inputs[0].array, tensor);
    } else {
      const std::string remark = text(golden.picture->name,
                                      " is compressed, so preprocessing was not tested with it; bundles that `oarlock "
                                      "opt` makes now hold pictures that need no decoder");
      if (std::find(remarks.begin(), remarks.end(), remark) == remarks.end()) remarks.push_back(remark);
    }
  }
  result.engine = run(session, feeds, outputs, manifest.class_outputs, limit);
  if (tensor) {
    const oar_tensor feed = tensor->tensor(inputs[0].name.c_str());
    result.end_to_end = run(session, {feed}, outputs, manifest.class_outputs, limit);
  }
  return result;
}

}  // namespace oarlock
