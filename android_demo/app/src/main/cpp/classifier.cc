#include "classifier.h"

#include <utility>

namespace oarlock_jni {

oar_status Classifier::create(std::unique_ptr<oar_session, SessionDeleter> session,
                              std::unique_ptr<oar_preprocessor, PreprocessorDeleter> preprocessor, ClassOutput output,
                              std::unique_ptr<Classifier>* out) {
  std::unique_ptr<Classifier> made(new Classifier);
  made->input_.struct_size = sizeof made->input_;
  const oar_status status = oar_session_input(session.get(), 0, &made->input_);
  if (status != OAR_OK) return status;
  size_t elements = 1;
  for (int axis = 0; axis < made->input_.rank; ++axis) {
    int64_t& size = made->input_.dims[axis];
    if (size < 0) size = 1;  // Any number of pictures: one at a time.
    elements *= static_cast<size_t>(size);
  }
  made->tensor_.assign(elements, 0.0F);
  made->input_.dtype = OAR_FLOAT32;
  made->input_.data = made->tensor_.data();
  made->input_.bytes = elements * sizeof(float);
  // So that a run before the first frame, which a benchmark does, has an input; and the core's word on another kind.
  const oar_status fits = oar_session_set_input(session.get(), &made->input_);
  if (fits != OAR_OK) return fits;
  made->session_ = std::move(session);
  made->preprocessor_ = std::move(preprocessor);
  made->output_ = output;
  *out = std::move(made);
  return OAR_OK;
}

oar_status Classifier::set_frame(const oar_frame& frame) {
  const oar_status status = oar_preprocessor_run_frame(preprocessor_.get(), &frame, tensor_.data(), tensor_.size());
  return status == OAR_OK ? oar_session_set_input(session_.get(), &input_) : status;
}

oar_status Classifier::run() { return oar_session_run(session_.get()); }

oar_status Classifier::raw_output(oar_tensor* out) const {
  out->struct_size = sizeof *out;
  return oar_session_output(session_.get(), output_.index, out);
}

oar_status Classifier::read_scores(const oar_tensor& raw, size_t* count) {
  const auto* values = static_cast<const float*>(raw.data);
  *count = raw.bytes / sizeof(float);
  scores_.resize(*count);
  ids_.resize(*count);
  best_.resize(*count);
  if (output_.logits) return oar_softmax(values, *count, scores_.data());
  scores_.assign(values, values + *count);
  return OAR_OK;
}

oar_status Classifier::pick_best(size_t k, size_t* found) {
  return oar_top_k(scores_.data(), scores_.size(), k < ids_.size() ? k : ids_.size(), ids_.data(), best_.data(), found);
}

}  // namespace oarlock_jni
