// The part of Paddle Lite's C++ interface that Oarlock calls, declared by us.
//
// Paddle Lite ships no headers with its Python wheel, so these declarations state the binary layout of its classes: the
// order of members and of virtual functions is what matters, the names of private members are ours. What is here is the
// same in versions 2.10 to 2.14rc0; the configuration classes are not, and lie in layouts/, one header for each layout.
// OARLOCK_LITE_LAYOUT chooses: 210, 211, 212 (when undefined) or 214. Sizes are asserted below for every ABI we build
// for, and check_layout() asks the loaded library whether it agrees before anything else is called. Strings are
// libstdc++'s new ones (_GLIBCXX_USE_CXX11_ABI=1) or libc++'s.
//
// Whoever includes this must link against a library of that interface; see plugin/CMakeLists.txt for the stubs.
#ifndef OARLOCK_PLUGIN_LITE_API_H_
#define OARLOCK_PLUGIN_LITE_API_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace paddle {
namespace lite_api {

enum class TargetType : int { kUnk = 0, kHost = 1, kX86 = 2, kARM = 4, kOpenCL = 5, kAny = 6 };

enum class PrecisionType : int {
  kUnk = 0,
  kFloat = 1,
  kInt8 = 2,
  kInt32 = 3,
  kAny = 4,
  kFP16 = 5,
  kBool = 6,
  kInt64 = 7,
  kInt16 = 8,
  kUInt8 = 9,
  kFP64 = 10
};

enum class DataLayoutType : int {
  kUnk = 0,
  kNCHW = 1,
  kAny = 2,
  kNHWC = 3,
  kImageDefault = 4,
  kImageFolder = 5,
  kImageNW = 6
};

enum PowerMode : int {
  LITE_POWER_HIGH = 0,
  LITE_POWER_LOW = 1,
  LITE_POWER_FULL = 2,
  LITE_POWER_NO_BIND = 3,
  LITE_POWER_RAND_HIGH = 4,
  LITE_POWER_RAND_LOW = 5
};

enum CLTuneMode : int { CL_TUNE_NONE = 0 };
enum CLPrecisionType : int { CL_PRECISION_AUTO = 0 };
enum class LiteModelType : int { kProtobuf = 0, kNaiveBuffer = 1, kUNK = 2 };
enum class QuantType : int { QUANT_INT8 = 0, QUANT_INT16 = 1 };
enum PrecisionMode : int { LITE_PRECISION_NORMAL = 0, LITE_PRECISION_LOW = 1 };

struct Place {
  TargetType target = TargetType::kUnk;
  PrecisionType precision = PrecisionType::kUnk;
  DataLayoutType layout = DataLayoutType::kUnk;
  int16_t device = 0;
};

// A view of a tensor that belongs to a predictor.
struct Tensor {
  explicit Tensor(void* raw);
  explicit Tensor(const void* raw);
  void Resize(const std::vector<int64_t>& shape);
  template <typename T>
  const T* data() const;
  template <typename T>
  T* mutable_data(TargetType target = TargetType::kHost) const;
  std::vector<int64_t> shape() const;
  PrecisionType precision() const;
  TargetType target() const;
  void SetPrecision(PrecisionType precision);
  bool IsInitialized() const;

 private:
  void* raw_tensor_;
};

// Only the engine makes them. What matters is the order of the virtual functions.
class PaddlePredictor {
 public:
  PaddlePredictor();
  virtual std::unique_ptr<Tensor> GetInput(int index) = 0;
  virtual std::unique_ptr<const Tensor> GetOutput(int index) const = 0;
  virtual void Run() = 0;
  virtual std::shared_ptr<PaddlePredictor> Clone() = 0;
  virtual std::shared_ptr<PaddlePredictor> Clone(const std::vector<std::string>& var_names) = 0;
  virtual std::string GetVersion() const = 0;
  virtual std::vector<std::string> GetInputNames() = 0;
  virtual std::vector<std::string> GetOutputNames() = 0;
  virtual std::vector<std::string> GetParamNames();
  virtual bool TryShrinkMemory() = 0;
  virtual std::unique_ptr<Tensor> GetInputByName(const std::string& name) = 0;
  virtual std::unique_ptr<const Tensor> GetTensor(const std::string& name) const = 0;
  virtual std::unique_ptr<Tensor> GetMutableTensor(const std::string& name);
  // Writes `path`.nb for kNaiveBuffer. Full library only.
  virtual void SaveOptimizedModel(const std::string& path, LiteModelType type, bool record_info);
  // From 2.13rc0 on there is one more function here; nothing behind this line is called through a predictor.
  virtual ~PaddlePredictor();

 protected:
  int threads_ = 1;
  PowerMode mode_ = LITE_POWER_NO_BIND;
};

// sizeof of every class, for an ABI that Oarlock is built for.
struct AbiSizes {
  size_t config_base, cxx_config, mobile_config, place, tensor, predictor;
};

}  // namespace lite_api
}  // namespace paddle

// ConfigBase, CxxConfig and MobileConfig; kAbiSizes; kLayoutVersions, the versions that lay them out so;
// kConfigBaseWritten, where the last byte ends that ConfigBase's constructor writes. give_model() has a MobileConfig
// read a model from memory, which must stay as it is until the predictor is made, and was_given() tells whether the
// members say that.
#if !defined(OARLOCK_LITE_LAYOUT) || OARLOCK_LITE_LAYOUT == 212
#include "layouts/config_2_12.h"
#elif OARLOCK_LITE_LAYOUT == 210
#include "layouts/config_2_10.h"
#elif OARLOCK_LITE_LAYOUT == 211
#include "layouts/config_2_11.h"
#elif OARLOCK_LITE_LAYOUT == 214
#include "layouts/config_2_14.h"
#else
#error "OARLOCK_LITE_LAYOUT is none of 210, 211, 212 and 214"
#endif

namespace paddle {
namespace lite_api {

// Exported by both libraries for MobileConfig and by the full library for CxxConfig.
template <typename ConfigT>
std::shared_ptr<PaddlePredictor> CreatePaddlePredictor(const ConfigT& config);
extern template std::shared_ptr<PaddlePredictor> CreatePaddlePredictor<MobileConfig>(const MobileConfig& config);
extern template std::shared_ptr<PaddlePredictor> CreatePaddlePredictor<CxxConfig>(const CxxConfig& config);

#if !defined(_LIBCPP_VERSION)
static_assert(_GLIBCXX_USE_CXX11_ABI == 1, "Paddle Lite is built with libstdc++'s new std::string");
#endif
static_assert(sizeof(ConfigBase) == kAbiSizes.config_base, "ConfigBase is not laid out as in Paddle Lite");
static_assert(sizeof(CxxConfig) == kAbiSizes.cxx_config, "CxxConfig is not laid out as in Paddle Lite");
static_assert(sizeof(MobileConfig) == kAbiSizes.mobile_config, "MobileConfig is not laid out as in Paddle Lite");
static_assert(sizeof(Place) == kAbiSizes.place, "Place is not laid out as in Paddle Lite");
static_assert(sizeof(Tensor) == kAbiSizes.tensor, "Tensor is not laid out as in Paddle Lite");
static_assert(sizeof(PaddlePredictor) == kAbiSizes.predictor, "PaddlePredictor is not laid out as in Paddle Lite");

}  // namespace lite_api
}  // namespace paddle

#endif  // OARLOCK_PLUGIN_LITE_API_H_
