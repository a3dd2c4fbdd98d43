// --bench: speed and memory; what `oarlock bench` does.
#include "bench/bench.h"

#include <filesystem>
#include <string>

#include "bench/view.h"
#include "classifier.h"
#include "engine_search.h"
#include "failure.h"
#include "machine.h"
#include "program.h"
#include "status_line.h"
#include "writers.h"

namespace oarlock {
namespace app {
namespace {

// Checks the hash of the variant's file and has it read into memory, so that no measurement pays for the first look at
// it; the engine is not loaded, since the processes that measure are copies of this one.
bench::Request prepare(const Arguments& arguments) {
  const BundleHandle bundle = open_bundle(arguments.bundle);
  const Choice choice = choose(*bundle, arguments.variant, arguments.engine);
  const OrderedJson manifest = parse_json(oar_bundle_json(bundle.get()));
  for (const OrderedJson& variant : manifest.at("variants")) {
    const char* path = nullptr;
    if (variant.at("id") != choice.variant) continue;
    check(oar_bundle_file(bundle.get(), variant.at("file").get<std::string>().c_str(), &path));
  }
  bench::Request request;
  request.bundle = std::filesystem::absolute(arguments.bundle).string();
  request.cache = store_home();
  request.variant = choice.variant;
  request.engine = choice.library;
  request.threads = arguments.thread_counts;
  request.runs = arguments.runs;
  request.warmup = arguments.warmup;
  request.minutes = arguments.minutes;
  request.power = arguments.power;
  return request;
}

}  // namespace

int run_bench(const Program& program) {
  const bench::Request request = prepare(program.arguments);
  bench::Result result;
  {
    StatusLine line;
    const auto on_step = [&line](const bench::Step& step) {
      if (line.is_due()) line.draw(bench::progress(step));
    };
    result = bench::run(request, environment(), on_step, program.stop.descriptor());
  }
  const bool json = program.arguments.format == Format::kJson;
  program.output.print(json ? to_json_line(bench::to_json(result)) : printable(bench::view(result)));
  return 0;
}

}  // namespace app
}  // namespace oarlock
