#include "selftest.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "bundle_variants.h"
#include "selftest_case.h"
#include "selftest_json.h"
#include "selftest_sentence.h"
#include "session_checks.h"
#include "status.h"
#include "utf8.h"

using oarlock::BundleVariant;
using oarlock::Error;
using oarlock::fail;
using oarlock::Outcome;
using oarlock::required;
using oarlock::VariantResult;

namespace {

oar_selftest_options default_options() {
  oar_selftest_options options = {};
  options.struct_size = sizeof options;
  options.session = oarlock::check_options(nullptr);
  return options;
}

void check(const oar_selftest_options& options) {
  oarlock::check_struct_size(options.struct_size, sizeof options, "oar_selftest_options");
  oarlock::check_options(&options.session);
  if (options.all != 0 && options.all != 1) fail(OAR_INVALID_ARGUMENT, "all is ", options.all, ", expected 0 or 1");
  if (options.all == 1 && options.variant != nullptr) {
    fail(OAR_INVALID_ARGUMENT, "all is 1 and variant is '", options.variant, "', expected one of the two");
  }
  if (!std::isfinite(options.max_relative_error) || options.max_relative_error < 0) {
    fail(OAR_INVALID_ARGUMENT, "max_relative_error is ", options.max_relative_error,
         ", expected a number above 0, or 0 for the limits of the bundle");
  }
}

const oarlock::BundleGolden& golden_of(const oar_bundle& bundle) {
  if (!bundle.manifest().golden) {
    fail(OAR_NO_GOLDEN, bundle.path(),
         ": has no golden cases to replay; make it again with `oarlock opt`, without --no-golden");
  }
  return *bundle.manifest().golden;
}

}  // namespace

oar_selftest::oar_selftest(const oar_bundle& bundle, const oar_selftest_options& options)
    : bundle_(bundle), golden_(golden_of(bundle)), session_options_(options.session) {
  if (options.all == 0) {
    plan(bundle.pick_variant(options.variant), options.max_relative_error, true);
  } else {
    for (const BundleVariant& variant : bundle.manifest().variants) plan(variant, options.max_relative_error, false);
  }
  skip_finished();
  if (current_ < variants_.size()) return;
  std::string reasons;
  for (const VariantResult& variant : variants_) reasons += " " + oarlock::sentence_of(variant, case_count());
  const auto& all = bundle.manifest().variants;
  const bool fits = std::any_of(all.begin(), all.end(),
                                [](const BundleVariant& each) { return oarlock::why_not_here(each).empty(); });
  fail(fits ? OAR_NO_GOLDEN : OAR_WRONG_TARGET, bundle.path(), ": none of its variants can be tested here.", reasons);
}

void oar_selftest::plan(const BundleVariant& variant, double given_limit, bool asked_for) {
  VariantResult result;
  result.id = variant.id;
  const auto tolerance = golden_.tolerances.find(variant.precision);
  result.limit = given_limit > 0 || tolerance == golden_.tolerances.end() ? given_limit : tolerance->second;
  result.left_out = oarlock::why_not_here(variant);
  oar_status reason = OAR_WRONG_TARGET;
  if (result.left_out.empty() && result.limit == 0) {
    reason = OAR_NO_GOLDEN;
    result.left_out =
        oarlock::text("the bundle has no limit for the precision ", variant.precision, "; give one (--limit)");
  }
  if (asked_for && !result.left_out.empty()) {
    fail(reason, bundle_.path(), ": ", variant.id, " cannot be tested here: ", result.left_out);
  }
  if (result.left_out.empty() && !asked_for && oarlock::needs_accelerator(variant)) {
    result.left_out = "it needs an accelerator, of which nothing is known here; name it to have it run (--variant)";
  }
  variants_.push_back(std::move(result));
}

void oar_selftest::skip_finished() {
  while (current_ < variants_.size() && oarlock::outcome_of(variants_[current_], case_count()) != Outcome::kOpen) {
    session_.reset();
    ++current_;
  }
}

void oar_selftest::describe_next(oar_selftest_state& state) const {
  state.done = state.total = 0;
  for (const VariantResult& variant : variants_) {
    if (!variant.left_out.empty()) continue;
    state.total += case_count();
    state.done += variant.failure ? case_count() : variant.cases.size();
  }
  const bool finished = current_ == variants_.size();
  state.variant = finished ? nullptr : variants_[current_].id.c_str();
  state.case_name = finished ? nullptr : golden_.cases[variants_[current_].cases.size()].name.c_str();
}

void oar_selftest::open(oar_engine& engine) {
  engine_version_ = engine.version;
  const BundleVariant& variant = bundle_.pick_variant(variants_[current_].id.c_str());
  const oarlock::ByteSource file = bundle_.open_verified(variant.file);
  session_.reset(oarlock::open_session(engine, file, nullptr, &session_options_));
}

void oar_selftest::run_next(oar_engine& engine) {
  if (current_ == variants_.size()) fail(OAR_INVALID_ARGUMENT, "the selftest is finished, there is no next case");
  VariantResult& variant = variants_[current_];
  if (session_ == nullptr) {
    try {
      open(engine);
    } catch (const Error& error) {
      return give_up(oar_status_code(error.status()), error.what());
    }
  }
  variant.cases.push_back(
      oarlock::run_case(bundle_, golden_.cases[variant.cases.size()], *session_, variant.limit, remarks_));
  skip_finished();
}

void oar_selftest::give_up(const std::string& code, const std::string& message) {
  if (current_ == variants_.size()) fail(OAR_INVALID_ARGUMENT, "the selftest is finished, there is no variant left");
  if (!oarlock::is_utf8_text(code) || !oarlock::is_utf8_text(message)) {
    fail(OAR_INVALID_ARGUMENT, "the code and the sentence of a failure must be UTF-8");
  }
  variants_[current_].failure = oarlock::Failure{code, message};
  skip_finished();
}

oar_verdict oar_selftest::verdict() const {
  if (current_ < variants_.size()) return OAR_VERDICT_OPEN;
  const bool failed = std::any_of(variants_.begin(), variants_.end(), [&](const VariantResult& variant) {
    return oarlock::outcome_of(variant, case_count()) == Outcome::kFailed;
  });
  return failed ? OAR_VERDICT_FAILED : OAR_VERDICT_PASSED;
}

std::string oar_selftest::sentence() const { return oarlock::sentence_of(variants_, case_count()); }

std::string oar_selftest::json() const {
  return oarlock::selftest_json(
      {verdict() == OAR_VERDICT_PASSED, bundle_, golden_, engine_version_, variants_, remarks_});
}

oar_status oar_selftest_open(const oar_bundle* bundle, const oar_selftest_options* options, oar_selftest** out) {
  return oarlock::guard([&] {
    required(out, "out");
    const auto& checked = required(bundle, "bundle");
    const oar_selftest_options chosen = options == nullptr ? default_options() : *options;
    check(chosen);
    *out = new oar_selftest(checked, chosen);
  });
}

void oar_selftest_close(oar_selftest* selftest) { delete selftest; }

oar_status oar_selftest_next(const oar_selftest* selftest, oar_selftest_state* state) {
  return oarlock::guard([&] {
    const auto& checked = required(selftest, "selftest");
    oarlock::check_struct_size(required(state, "state").struct_size, sizeof *state, "oar_selftest_state");
    checked.describe_next(*state);
  });
}

oar_status oar_selftest_run_next(oar_selftest* selftest, oar_engine* engine) {
  return oarlock::guard([&] {
    auto& checked = required(selftest, "selftest");
    checked.run_next(required(engine, "engine"));
  });
}

oar_status oar_selftest_give_up(oar_selftest* selftest, const char* code, const char* sentence) {
  return oarlock::guard([&] {
    auto& checked = required(selftest, "selftest");
    checked.give_up(&required(code, "code"), &required(sentence, "sentence"));
  });
}

oar_verdict oar_selftest_verdict(const oar_selftest* selftest) {
  return selftest == nullptr ? OAR_VERDICT_OPEN : selftest->verdict();
}

const char* oar_selftest_sentence(const oar_selftest* selftest) {
  if (selftest == nullptr) return "";
  const oar_status status = oarlock::guard([&] { selftest->sentence_text = selftest->sentence(); });
  return status == OAR_OK ? selftest->sentence_text.c_str() : "";
}

const char* oar_selftest_json(const oar_selftest* selftest) {
  if (selftest == nullptr) return "";
  const oar_status status = oarlock::guard([&] { selftest->json_text = selftest->json(); });
  return status == OAR_OK ? selftest->json_text.c_str() : "";
}
