// --selftest: the golden cases of a bundle; what `oarlock selftest` does.
#include <algorithm>
#include <cstdio>

#include "classifier.h"
#include "crash.h"
#include "failure.h"
#include "program.h"
#include "status_line.h"
#include "table.h"
#include "writers.h"

namespace oarlock {
namespace app {
namespace {

using SelftestHandle = std::unique_ptr<oar_selftest, Destroy<oar_selftest, oar_selftest_close>>;

std::string scientific(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.2e", value);
  return buffer;
}

std::string short_number(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.3g", value);
  return buffer;
}

std::string preprocessing_cell(const OrderedJson& stage) {
  if (stage.is_null()) return "";
  if (stage.at("passed").get<bool>()) return "equal";
  const OrderedJson& difference = stage.at("difference");
  if (difference.is_null()) return "failed";
  return difference.at("differing").dump() + " of " + difference.at("elements").dump() + " differ";
}

// The largest error of a stage, or in a word why there is none.
std::string error_cell(const OrderedJson& stage) {
  if (stage.is_null()) return "";
  const OrderedJson& outputs = stage.at("outputs");
  double largest = -1;
  size_t errors = 0;
  for (const OrderedJson& output : outputs) {
    const OrderedJson& difference = output.at("difference");
    if (!difference.is_null() && difference.at("not_finite") != 0) return "NaN or inf";
    if (output.at("relative_error").is_null()) continue;
    largest = std::max(largest, output.at("relative_error").get<double>());
    ++errors;
  }
  const bool passed = stage.at("passed").get<bool>();
  if (errors > 0 && (passed || errors == outputs.size())) return scientific(largest);
  return passed ? "equal" : "failed";
}

// Whether the reference's first class is first here too; else what place it has, row by row.
std::string first_cell(const OrderedJson& stage) {
  std::string others;
  bool any = false;
  for (const OrderedJson& output : stage.at("outputs")) {
    for (const OrderedJson& row : output.at("first")) {
      any = true;
      if (row.at("place") == 1) continue;
      others += (others.empty() ? "" : ", ") + row.at("expected").dump() + " is " + row.at("place").dump() + ".";
    }
  }
  return !any ? "" : others.empty() ? "equal" : others;
}

std::string view(const OrderedJson& result) {
  const auto field = [](const OrderedJson& object, const char* name) { return object.at(name).get<std::string>(); };
  const OrderedJson& reference = result.at("reference");
  std::string text = field(result, "name") + " against " + field(reference, "engine") + " " +
                     field(reference, "version") + " (" + field(reference, "device") + "); here " +
                     field(result, "machine");
  if (!result.at("paddle_lite").is_null()) text += ", Paddle Lite " + field(result, "paddle_lite");
  text += "\n";
  Table table({"variant", "case", "preprocessing", ">engine", ">end to end", ">limit", "first class"});
  for (const OrderedJson& variant : result.at("variants")) {
    for (const OrderedJson& it : variant.at("cases")) {
      const OrderedJson& last = it.at("end_to_end").is_null() ? it.at("engine") : it.at("end_to_end");
      table.add({field(variant, "id"), field(it, "name"), preprocessing_cell(it.at("preprocessing")),
                 error_cell(it.at("engine")), error_cell(it.at("end_to_end")),
                 short_number(variant.at("limit").get<double>()), first_cell(last)});
    }
  }
  if (!table.empty()) text += "\n" + table.text();
  text += "\n";
  for (const OrderedJson& remark : result.at("remarks")) text += "Note: " + remark.get<std::string>() + ".\n";
  if (result.at("variants").size() > 1) {
    for (const OrderedJson& variant : result.at("variants")) text += field(variant, "sentence") + "\n";
    text += "\n";
  }
  return text + (result.at("ok").get<bool>() ? "PASSED: " : "FAILED: ") + field(result, "sentence") + "\n";
}

void run_all(oar_selftest& selftest, const oar_bundle& bundle, const Program& program) {
  StatusLine line;
  oar_selftest_state state = {};
  state.struct_size = sizeof state;
  std::string prepared;
  for (check(oar_selftest_next(&selftest, &state)); state.variant != nullptr;
       check(oar_selftest_next(&selftest, &state))) {
    if (program.stop.requested()) throw Interrupted{};
    if (line.is_due()) line.draw(std::to_string(state.done) + "/" + std::to_string(state.total) + " cases");
    const Choice choice = choose(bundle, state.variant, program.arguments.engine);
    if (choice.variant != prepared) {
      prepared = choice.variant;
      prepare_for_crashes(program.arguments.bundle + ", " + prepared, program.output,
                          failure_renderer(program.arguments.format));
    }
    oar_engine* engine = load_engine(choice.library);
    const EngineAtWork at_work;
    check(oar_selftest_run_next(&selftest, engine));
  }
}

}  // namespace

int run_selftest(const Program& program) {
  const Arguments& arguments = program.arguments;
  const BundleHandle bundle = open_bundle(arguments.bundle);
  oar_selftest_options options = {};
  options.struct_size = sizeof options;
  options.variant = arguments.variant.empty() ? nullptr : arguments.variant.c_str();
  options.all = arguments.all_variants ? 1 : 0;
  options.max_relative_error = arguments.limit;
  options.session.struct_size = sizeof options.session;
  options.session.threads = arguments.threads;
  options.session.power = arguments.power;
  oar_selftest* opened = nullptr;
  check(oar_selftest_open(bundle.get(), &options, &opened));
  const SelftestHandle selftest(opened);
  run_all(*selftest, *bundle, program);
  const OrderedJson result = parse_json(oar_selftest_json(selftest.get()));
  program.output.print(arguments.format == Format::kJson ? to_json_line(result) : printable(view(result)));
  return oar_selftest_verdict(selftest.get()) == OAR_VERDICT_PASSED ? 0 : 1;
}

}  // namespace app
}  // namespace oarlock
