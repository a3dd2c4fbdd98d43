// --facts: what this machine is, before anything is copied to it.
#include "classifier.h"
#include "cpu.h"
#include "crash.h"
#include "engine_search.h"
#include "failure.h"
#include "machine.h"
#include "program.h"
#include "writers.h"

namespace oarlock {
namespace app {
namespace {

// The library that would run a bundle here, or why there is none.
OrderedJson describe_engine(const Program& program, OrderedJson& problem) {
  const std::string& given = program.arguments.engine;
  try {
    const std::string library =
        program.arguments.bundle.empty()
            ? find_engine(given, kDefaultEngineVersion)
            : choose(*open_bundle(program.arguments.bundle), program.arguments.variant, given).library;
    prepare_for_crashes(library, program.output, failure_renderer(Format::kJson));
    const oar_engine* engine = load_engine(library);
    return {{"version", oar_engine_version(engine)}, {"target", cpu_target()}, {"path", oar_engine_path(engine)}};
  } catch (const Failure& failure) {
    problem = {{"code", failure.code()}, {"message", failure.what()}};
    return OrderedJson();
  }
}

}  // namespace

int print_facts(const Program& program) {
  OrderedJson problem;
  OrderedJson engine = describe_engine(program, problem);
  OrderedJson features = OrderedJson::array();
  for (const char* feature : cpu_features()) features.push_back(feature);
  const auto memory = available_memory();
  program.output.print(to_json_line({{"ok", true},
                                     {"machine", machine_name()},
                                     {"target", cpu_target()},
                                     {"processor", processor_name()},
                                     {"features", std::move(features)},
                                     {"libc", libc_name()},
                                     {"oarlock", oar_version()},
                                     {"memory_available", memory ? OrderedJson(*memory) : OrderedJson()},
                                     {"engine", std::move(engine)},
                                     {"problem", std::move(problem)}}));
  return 0;
}

}  // namespace app
}  // namespace oarlock
