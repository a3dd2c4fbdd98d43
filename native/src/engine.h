// The Paddle Lite library of this process.
#ifndef OARLOCK_SRC_ENGINE_H_
#define OARLOCK_SRC_ENGINE_H_

#include <mutex>
#include <string>

#include "oarlock.h"
#include "plugin_abi.h"

// Made once, never destroyed: the library cannot be unloaded.
struct oar_engine {
  std::string path;
  std::string release;           // "2.12": what models for it are made by.
  std::string version;           // The same, or "2.12+COMMIT" for a library built from a commit without a tag.
  std::string reported_version;  // In the engine's own words.
  const oarlock_plugin_table* plugin = nullptr;
  std::mutex create_mutex;  // The engine fills global registries while it makes a predictor.
};

namespace oarlock {

// Owns a predictor of an engine.
class Predictor {
 public:
  // OAR_ENGINE_FAILED with what the engine said. `name` stands for the model in messages.
  Predictor(oar_engine& engine, const std::string& name, const oarlock_predictor_options& options);
  ~Predictor();
  Predictor(const Predictor&) = delete;
  Predictor& operator=(const Predictor&) = delete;

  oarlock_predictor* get() const { return predictor_; }
  const oarlock_plugin_table& plugin() const { return *engine_.plugin; }

 private:
  oar_engine& engine_;
  oarlock_predictor* predictor_ = nullptr;
};

}  // namespace oarlock

#endif  // OARLOCK_SRC_ENGINE_H_
