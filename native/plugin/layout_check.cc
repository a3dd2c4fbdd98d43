#include "layout_check.h"

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <stdexcept>

#include "empty_model.h"
#include "lite_api.h"

namespace oarlock {
namespace plugin {
namespace {

namespace lite = paddle::lite_api;

// Storage for a config of any version, filled with a pattern, so that what the engine's constructor wrote can be seen.
class PatternedStorage {
 public:
  PatternedStorage() { std::memset(bytes_, kPattern, sizeof bytes_); }
  void* get() { return bytes_; }
  // One past the last byte that differs from the pattern.
  size_t written() const {
    asm volatile("" : : "r"(bytes_) : "memory");  // The writer is the engine's code, which the optimiser cannot see.
    size_t end = sizeof bytes_;
    while (end > 0 && bytes_[end - 1] == kPattern) --end;
    return end;
  }

 private:
  static constexpr unsigned char kPattern = 0xA5;
  alignas(std::max_align_t) unsigned char bytes_[4096];
};

}  // namespace

// Versions differ in the size of ConfigBase (2.11 and 2.12 in the functions that they export), so where the engine's
// own constructor stops writing tells whether the declarations fit. An object of another layout is left undestroyed.
void check_layout() {
  PatternedStorage storage;
  auto* base = new (storage.get()) lite::ConfigBase();
  if (storage.written() != lite::kConfigBaseWritten) {
    throw std::runtime_error("its ConfigBase has " + std::to_string(storage.written()) + " bytes, expected " +
                             std::to_string(lite::kConfigBaseWritten));
  }
  base->set_x86_math_num_threads(7);
  if (base->mode != lite::LITE_POWER_NO_BIND || base->device_id != 0 || base->x86_math_num_threads != 7) {
    throw std::runtime_error("the members of its ConfigBase are elsewhere");
  }
  base->~ConfigBase();
  lite::MobileConfig mobile;
  constexpr char kText[] = "oarlock";
  lite::give_model(mobile, kText, sizeof kText);
  if (!lite::was_given(mobile, kText, sizeof kText)) {
    throw std::runtime_error("the members of its MobileConfig are elsewhere");
  }
}

std::string ask_version() {
  lite::MobileConfig config;
  lite::give_model(config, reinterpret_cast<const char*>(kEmptyModel), sizeof kEmptyModel);
  const std::shared_ptr<lite::PaddlePredictor> predictor = lite::CreatePaddlePredictor<lite::MobileConfig>(config);
  if (predictor == nullptr) throw std::runtime_error("it returned no predictor");
  return predictor->GetVersion();
}

}  // namespace plugin
}  // namespace oarlock
