// A bundle that is ready to name what pictures show.
#ifndef OARLOCK_ARM_LINUX_CLASSIFIER_H_
#define OARLOCK_ARM_LINUX_CLASSIFIER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arguments.h"
#include "oarlock.h"
#include "output.h"
#include "pictures/picture_file.h"

namespace oarlock {
namespace app {

template <class Object, void (*destroy)(Object*)>
struct Destroy {
  void operator()(Object* object) const { destroy(object); }
};
using BundleHandle = std::unique_ptr<oar_bundle, Destroy<oar_bundle, oar_bundle_close>>;
using SessionHandle = std::unique_ptr<oar_session, Destroy<oar_session, oar_session_close>>;
using PreprocessorHandle = std::unique_ptr<oar_preprocessor, Destroy<oar_preprocessor, oar_preprocessor_destroy>>;

struct Prediction {
  int32_t class_id;
  std::optional<std::string> label;  // nothing where the bundle has no name
  float score;                       // a probability
};

struct Answer {
  std::vector<Prediction> best;  // best first
  double milliseconds = 0;       // in the engine
};

// Opens a bundle; which of its files were found right is remembered in the store's home, as py/oarlock does it.
// Failure.
BundleHandle open_bundle(const std::string& path);

// A variant of a bundle and the library that runs it.
struct Choice {
  std::string variant;         // its id
  std::string engine_version;  // "2.12"
  std::string library;         // path
};
// The variant called `variant`, or for "" the most exact that fits this processor, and the library as find_engine()
// finds it. Failure.
Choice choose(const oar_bundle& bundle, const std::string& variant, const std::string& engine);

// Loads the library. Failure.
oar_engine* load_engine(const std::string& library);

// Runs the session: milliseconds. Failure.
double run(oar_session& session);

// One thread at a time.
class Classifier {
 public:
  // By the fields bundle, variant, engine, threads, power and top. A crash of the engine is told on `output` in the
  // format of the arguments. Failure: what the core says of bundle, variant, model and engine; OAR-NOT-A-CLASSIFIER,
  // OAR-BAD-BUNDLE, OAR-ENGINE-NOT-INSTALLED.
  Classifier(const Arguments& arguments, const Output& output);

  // Id of the variant in use, "arm64-fp32".
  const std::string& variant() const { return variant_; }
  // Whether the bundle wants pictures turned by their EXIF orientation.
  bool turns_pictures() const { return exif_orientation_; }

  // Failure: OAR-NOT-FINITE, OAR-ENGINE-FAILED, and what the core says of the pixels.
  Answer classify(const StoredPicture& picture);
  Answer classify(const oar_frame& frame);

 private:
  template <class Run>
  Answer answer(int32_t width, int32_t height, Run preprocess);
  Answer name(const oar_tensor& scores);

  std::string path_;
  size_t top_;
  BundleHandle bundle_;
  SessionHandle session_;
  PreprocessorHandle preprocessor_;
  std::string variant_;
  oar_preprocess_spec spec_ = {};
  bool exif_orientation_ = true;
  size_t output_ = 0;    // index of the one that names classes
  bool logits_ = false;  // and not probabilities
  std::vector<float> tensor_;
  std::vector<float> scores_;
};

}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_CLASSIFIER_H_
