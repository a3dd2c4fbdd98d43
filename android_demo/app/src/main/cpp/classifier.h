// A session with the preprocessing of its bundle and all memory that a frame needs, made once.
#ifndef OARLOCK_ANDROID_CLASSIFIER_H_
#define OARLOCK_ANDROID_CLASSIFIER_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "oarlock.h"

namespace oarlock_jni {

struct PreprocessorDeleter {
  void operator()(oar_preprocessor* it) const { oar_preprocessor_destroy(it); }
};
struct SessionDeleter {
  void operator()(oar_session* it) const { oar_session_close(it); }
};

// Which output names classes, and whether it has to go through softmax: what bundle.json says of the model.
struct ClassOutput {
  size_t index;
  bool logits;
};

// One thread at a time. Every function returns what the core returned, whose sentence is then oar_last_error().
class Classifier {
 public:
  // Takes over both, and sets the input to zeros; what the core says of a model that takes no float32 is returned.
  static oar_status create(std::unique_ptr<oar_session, SessionDeleter> session,
                           std::unique_ptr<oar_preprocessor, PreprocessorDeleter> preprocessor, ClassOutput output,
                           std::unique_ptr<Classifier>* out);

  // The frame into the model's input.
  oar_status set_frame(const oar_frame& frame);
  // The model on the input that was set last.
  oar_status run();
  // What the model gave in the last run, before softmax; valid until the next.
  oar_status raw_output(oar_tensor* out) const;
  // A score for each class from a raw_output of float32: probabilities, or as the model gives them. *count of them at
  // scores(). Allocates when the number of classes is another than before, which is once.
  oar_status read_scores(const oar_tensor& raw, size_t* count);
  // The k best of the last read_scores. ids() and best() hold *found.
  oar_status pick_best(size_t k, size_t* found);

  const float* scores() const { return scores_.data(); }
  const int32_t* ids() const { return ids_.data(); }
  const float* best() const { return best_.data(); }

 private:
  Classifier() = default;

  std::unique_ptr<oar_session, SessionDeleter> session_;
  std::unique_ptr<oar_preprocessor, PreprocessorDeleter> preprocessor_;
  ClassOutput output_{};
  oar_tensor input_{};
  std::vector<float> tensor_;
  std::vector<float> scores_;
  std::vector<int32_t> ids_;
  std::vector<float> best_;
};

}  // namespace oarlock_jni

#endif  // OARLOCK_ANDROID_CLASSIFIER_H_
