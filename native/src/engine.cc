#include "engine.h"

#include <memory>

#include "engine_library.h"
#include "nb.h"
#include "status.h"

namespace oarlock {
namespace {

// What has been loaded in this process. A library that was loaded and then refused stays in memory all the same, and
// another one beside it would corrupt both.
struct Resident {
  LibraryId id;
  EngineLibrary library;
  std::unique_ptr<oar_engine> engine;  // nullptr while the library is refused.
};

std::mutex& resident_mutex() {
  static std::mutex mutex;
  return mutex;
}

// Never destroyed: sessions of other threads may outlive the static destructors.
Resident*& resident() {
  static Resident* instance = nullptr;
  return instance;
}

std::string ask_version(const oar_engine& engine) {
  char version[kOarlockPluginVersionBytes] = "";
  char error[kOarlockPluginErrorBytes] = "";
  if (engine.plugin->engine_version(version, error) != 0) {
    fail(OAR_ENGINE_UNAVAILABLE, engine.path, ": does not tell its version: ", error);
  }
  return version;
}

std::unique_ptr<oar_engine> open_engine(const EngineLibrary& library) {
  auto engine = std::make_unique<oar_engine>();
  engine->path = library.path();
  engine->plugin = library.open_plugin();
  engine->reported_version = ask_version(*engine);
  const std::string number = version_number(engine->reported_version);
  std::string known;
  for (const char* const* version = engine->plugin->versions; *version != nullptr; ++version) {
    if (number == *version) engine->release = number;
    known += (known.empty() ? "" : " or ") + std::string(*version);
  }
  if (number.empty()) {
    // Built from a commit without a tag; what it is laid out as is the best that can be said.
    engine->release = engine->plugin->versions[0];
    const std::string& commit = engine->reported_version;
    engine->version = commit.empty() ? engine->release : engine->release + "+" + commit;
  } else if (!engine->release.empty()) {
    engine->version = engine->release;
  } else {
    fail(OAR_ENGINE_UNAVAILABLE, engine->path, ": is Paddle Lite ", number, ", but laid out as ", known,
         ", expected a version that Oarlock knows");
  }
  return engine;
}

oar_engine* load(const std::string& path) {
  const std::lock_guard<std::mutex> lock(resident_mutex());
  const LibraryId id = identify_library(path);
  Resident*& current = resident();
  if (current != nullptr && !(current->id == id)) {
    fail(OAR_ENGINE_CONFLICT, path, ": cannot be loaded: this process already holds the Paddle Lite library ",
         current->id.path, ", and two of them corrupt each other; use that one, or another process");
  }
  if (current == nullptr) current = new Resident{id, EngineLibrary(id), nullptr};
  if (current->engine == nullptr) current->engine = open_engine(current->library);
  return current->engine.get();
}

}  // namespace

Predictor::Predictor(oar_engine& engine, const std::string& name, const oarlock_predictor_options& options)
    : engine_(engine) {
  char error[kOarlockPluginErrorBytes] = "";
  const std::lock_guard<std::mutex> lock(engine_.create_mutex);
  if (engine_.plugin->create(&options, &predictor_, error) != 0) {
    fail(OAR_ENGINE_FAILED, name, ": Paddle Lite cannot load it: ", error);
  }
}

Predictor::~Predictor() {
  const std::lock_guard<std::mutex> lock(engine_.create_mutex);
  engine_.plugin->destroy(predictor_);
}

}  // namespace oarlock

oar_status oar_engine_load(const char* library, oar_engine** out) {
  using namespace oarlock;
  return guard([&] {
    required(out, "out");
    *out = load(&required(library, "library"));
  });
}

const char* oar_engine_path(const oar_engine* engine) { return engine == nullptr ? "" : engine->path.c_str(); }

const char* oar_engine_version(const oar_engine* engine) { return engine == nullptr ? "" : engine->version.c_str(); }
