// From the output of a classifier to ranked answers.
#ifndef OARLOCK_SRC_SCORES_H_
#define OARLOCK_SRC_SCORES_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace oarlock {

// probabilities[i] = exp(logits[i] - max) / sum, computed in double. `probabilities` may be `logits`. OAR_NOT_FINITE
// naming the first NaN or infinity.
void softmax(const float* logits, size_t count, float* probabilities);

// The places of the min(k, count) largest scores, largest first, equal ones by lower place. OAR_NOT_FINITE as above.
std::vector<int32_t> top_k(const float* scores, size_t count, size_t k);

}  // namespace oarlock

#endif  // OARLOCK_SRC_SCORES_H_
