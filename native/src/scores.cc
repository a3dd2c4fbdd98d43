#include "scores.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <vector>

#include "status.h"

namespace oarlock {
namespace {

void check_finite(const char* what, const float* values, size_t count) {
  const float* const end = values + count;
  const float* const bad = std::find_if(values, end, [](float value) { return !std::isfinite(value); });
  if (bad != end) {
    fail(OAR_NOT_FINITE, what, "[", bad - values, "] of ", count, " is ", *bad, ", expected finite numbers");
  }
}

}  // namespace

void softmax(const float* logits, size_t count, float* probabilities) {
  check_finite("logits", logits, count);
  if (count == 0) return;
  const double largest = *std::max_element(logits, logits + count);
  std::vector<double> weights(count);
  std::transform(logits, logits + count, weights.begin(),
                 [&](float logit) { return std::exp(static_cast<double>(logit) - largest); });
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::transform(weights.begin(), weights.end(), probabilities,
                 [&](double weight) { return static_cast<float>(weight / sum); });
}

std::vector<int32_t> top_k(const float* scores, size_t count, size_t k) {
  if (count > static_cast<size_t>(std::numeric_limits<int32_t>::max())) {
    fail(OAR_INVALID_ARGUMENT, "argument 'count' is ", count, ", expected at most ",
         std::numeric_limits<int32_t>::max(), ", the largest class id");
  }
  check_finite("scores", scores, count);
  std::vector<int32_t> ids(count);
  std::iota(ids.begin(), ids.end(), 0);
  const auto better = [&](int32_t a, int32_t b) { return scores[a] != scores[b] ? scores[a] > scores[b] : a < b; };
  const auto best_end = ids.begin() + static_cast<ptrdiff_t>(std::min(k, count));
  std::partial_sort(ids.begin(), best_end, ids.end(), better);
  ids.erase(best_end, ids.end());
  return ids;
}

}  // namespace oarlock

using oarlock::guard;
using oarlock::required;

extern "C" {

oar_status oar_softmax(const float* logits, size_t count, float* probabilities) {
  return guard(
      [&] { oarlock::softmax(&required(logits, "logits"), count, &required(probabilities, "probabilities")); });
}

oar_status oar_top_k(const float* scores, size_t count, size_t k, int32_t* ids, float* best, size_t* found) {
  return guard([&] {
    required(ids, "ids");
    required(best, "best");
    required(found, "found");
    const std::vector<int32_t> top = oarlock::top_k(&required(scores, "scores"), count, k);
    std::copy(top.begin(), top.end(), ids);
    std::transform(top.begin(), top.end(), best, [&](int32_t id) { return scores[id]; });
    *found = top.size();
  });
}

}  // extern "C"
