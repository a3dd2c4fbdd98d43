// A model opened by an engine, with every tensor checked before the engine sees it.
#ifndef OARLOCK_SRC_SESSION_H_
#define OARLOCK_SRC_SESSION_H_

#include <string>
#include <vector>

#include "byte_source.h"
#include "engine.h"
#include "nb.h"
#include "oarlock.h"

struct oar_session {
 public:
  // The model has been verified; `memory` are its bytes, nullptr when it is a file.
  oar_session(oar_engine& engine, const oarlock::ByteSource& file, const void* memory, const oarlock::NbModel& model,
              const oar_session_options& options);

  size_t input_count() const { return inputs_.size(); }
  size_t output_count() const { return outputs_.size(); }
  void describe_input(size_t index, oar_tensor& out) const;
  void set_input(const oar_tensor& tensor);
  void run();
  void output(size_t index, oar_tensor& out) const;

 private:
  struct Input {
    oarlock::NbTensor tensor;
    bool is_set = false;
  };

  size_t find_input(const char* name) const;
  void check_names() const;

  std::string name_;
  std::vector<Input> inputs_;
  std::vector<oarlock::NbTensor> outputs_;
  oarlock::Predictor predictor_;
  bool has_run_ = false;
};

namespace oarlock {

// Verifies a model, its target against this CPU and its version against the engine, then opens it. options NULL: one
// thread, OAR_POWER_NO_BIND. The caller owns the session.
oar_session* open_session(oar_engine& engine, const ByteSource& file, const void* memory,
                          const oar_session_options* options);

}  // namespace oarlock

#endif  // OARLOCK_SRC_SESSION_H_
