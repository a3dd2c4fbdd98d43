// The golden cases of a bundle, replayed.
#ifndef OARLOCK_SRC_SELFTEST_H_
#define OARLOCK_SRC_SELFTEST_H_

#include <memory>
#include <string>
#include <vector>

#include "bundle.h"
#include "engine.h"
#include "oarlock.h"
#include "selftest_result.h"
#include "session.h"

struct oar_selftest {
 public:
  // By oar_selftest_open.
  oar_selftest(const oar_bundle& bundle, const oar_selftest_options& options);

  void describe_next(oar_selftest_state& state) const;
  void run_next(oar_engine& engine);
  void give_up(const std::string& code, const std::string& message);

  oar_verdict verdict() const;
  std::string sentence() const;
  std::string json() const;

  // What oar_selftest_sentence and oar_selftest_json have handed out.
  mutable std::string sentence_text;
  mutable std::string json_text;

 private:
  size_t case_count() const { return golden_.cases.size(); }
  void plan(const oarlock::BundleVariant& variant, double given_limit, bool asked_for);
  // Moves on to the next variant that is run and has cases left.
  void skip_finished();
  void open(oar_engine& engine);

  const oar_bundle& bundle_;
  const oarlock::BundleGolden& golden_;
  oar_session_options session_options_;
  std::vector<oarlock::VariantResult> variants_;
  size_t current_ = 0;                    // Whose turn it is, of variants_.
  std::unique_ptr<oar_session> session_;  // Of the current variant, once a case of it has been run.
  std::string engine_version_;            // "" until an engine was used.
  std::vector<std::string> remarks_;
};

#endif  // OARLOCK_SRC_SELFTEST_H_
