// The part of Paddle Lite 2.12's C++ interface that Oarlock calls, declared by us.
//
// Paddle Lite ships no headers with its Python wheel, so these declarations state the binary layout of version 2.12:
// the order of members and of virtual functions is what matters, the names of private members are ours. Sizes are
// asserted below for every ABI we build for, and check_layout() in plugin.cc asks the loaded library whether it agrees
// before anything else is called. Strings are libstdc++'s new ones (_GLIBCXX_USE_CXX11_ABI=1) or libc++'s.
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
  virtual ~PaddlePredictor();

 protected:
  int threads_ = 1;
  PowerMode mode_ = LITE_POWER_NO_BIND;
};

// What both kinds of configuration begin with. The engine fills it in its constructor; members whose setters are not
// listed here are not used by Oarlock.
struct ConfigBase {
  explicit ConfigBase(PowerMode mode = LITE_POWER_NO_BIND, int threads = 1);
  void set_threads(int threads);
  void set_power_mode(PowerMode mode);
  void set_x86_math_num_threads(int threads);
  void add_discarded_pass(std::string pass);

  std::string model_dir;
  int threads;
  PowerMode mode;
  CLTuneMode opencl_tune_mode;
  std::string opencl_bin_path;
  std::string opencl_bin_name;
  CLPrecisionType opencl_precision;
  std::string subgraph_model_cache_dir;
  std::map<std::string, std::pair<std::vector<char>, std::vector<char>>> subgraph_model_cache_buffers;
  std::vector<std::string> nnadapter_device_names;
  std::string nnadapter_context_properties;
  int (*nnadapter_context_callback)(int event, void* user_data);
  std::string nnadapter_model_cache_dir;
  std::map<std::string, std::vector<std::vector<int64_t>>> nnadapter_dynamic_shape_info;
  std::map<std::string, std::vector<char>> nnadapter_model_cache_buffers;
  int device_id;
  int x86_math_num_threads;
  std::string metal_path;
  bool metal_use_mps;
  bool metal_use_aggressive;
  void* metal_device;
  bool metal_use_memory_reuse;
  std::vector<std::string> discarded_passes;
};

class CxxModelBuffer;

// A source model for the optimiser: full library only. The engine's setters of these members only assign them.
struct CxxConfig : ConfigBase {
  std::vector<Place> valid_places;
  std::string model_file;
  std::string param_file;
  std::shared_ptr<CxxModelBuffer> model_buffer;
  std::vector<std::string> passes_internal;
  bool quant_model = false;
  QuantType quant_type = QuantType::QUANT_INT16;
  bool sparse_model = false;
  float sparse_threshold = 0.6f;
  std::map<int, std::vector<std::shared_ptr<void>>> preferred_inputs_for_warmup;
  std::string nnadapter_subgraph_partition_config_path;
  std::string nnadapter_subgraph_partition_config_buffer;
  std::string nnadapter_mixed_precision_config_path;
  std::string nnadapter_mixed_precision_config_buffer;
};

// An optimised model (.nb).
struct MobileConfig : ConfigBase {
  void set_model_from_file(const std::string& path);
  // Copies the bytes.
  void set_model_from_buffer(const char* data, size_t size);

  bool model_from_memory = false;
  PrecisionMode precision_mode = LITE_PRECISION_NORMAL;
  std::string lite_model_file;
  std::string model_buffer;
  std::string param_buffer;
};

// Exported by both libraries for MobileConfig and by the full library for CxxConfig.
template <typename ConfigT>
std::shared_ptr<PaddlePredictor> CreatePaddlePredictor(const ConfigT& config);
extern template std::shared_ptr<PaddlePredictor> CreatePaddlePredictor<MobileConfig>(const MobileConfig& config);
extern template std::shared_ptr<PaddlePredictor> CreatePaddlePredictor<CxxConfig>(const CxxConfig& config);

// sizeof of every class, for the ABIs that Oarlock is built for.
struct AbiSizes {
  size_t config_base, cxx_config, mobile_config, place, tensor, predictor;
};

#if defined(_LIBCPP_VERSION)
constexpr AbiSizes kAbiSizes =
    sizeof(void*) == 8 ? AbiSizes{352, 600, 432, 16, 8, 16} : AbiSizes{184, 316, 228, 16, 4, 12};
#else
static_assert(_GLIBCXX_USE_CXX11_ABI == 1, "Paddle Lite 2.12 is built with libstdc++'s new std::string");
constexpr AbiSizes kAbiSizes =
    sizeof(void*) == 8 ? AbiSizes{480, 800, 584, 16, 8, 16} : AbiSizes{304, 520, 384, 16, 4, 12};
#endif

static_assert(sizeof(ConfigBase) == kAbiSizes.config_base, "ConfigBase is not laid out as in Paddle Lite 2.12");
static_assert(sizeof(CxxConfig) == kAbiSizes.cxx_config, "CxxConfig is not laid out as in Paddle Lite 2.12");
static_assert(sizeof(MobileConfig) == kAbiSizes.mobile_config, "MobileConfig is not laid out as in Paddle Lite 2.12");
static_assert(sizeof(Place) == kAbiSizes.place, "Place is not laid out as in Paddle Lite 2.12");
static_assert(sizeof(Tensor) == kAbiSizes.tensor, "Tensor is not laid out as in Paddle Lite 2.12");
static_assert(sizeof(PaddlePredictor) == kAbiSizes.predictor, "PaddlePredictor is not laid out as in Paddle Lite 2.12");

}  // namespace lite_api
}  // namespace paddle

#endif  // OARLOCK_PLUGIN_LITE_API_H_
