// Paddle Lite's configuration classes as versions 2.13rc0 and 2.14rc0 lay them out. Included by lite_api.h only.
#ifndef OARLOCK_PLUGIN_LAYOUTS_CONFIG_2_14_H_
#define OARLOCK_PLUGIN_LAYOUTS_CONFIG_2_14_H_

namespace paddle {
namespace lite_api {

// What both kinds of configuration begin with. The engine fills it in its constructor; members whose setters are not
// listed here are not used by Oarlock.
struct ConfigBase {
  explicit ConfigBase(PowerMode mode = LITE_POWER_NO_BIND, int threads = 1);
  void set_threads(int threads);
  void set_power_mode(PowerMode mode);
  void set_x86_math_num_threads(int threads);

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
  std::map<TargetType, std::shared_ptr<void>> target_configs;
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
  // Keeps the address: the bytes must stay until the predictor is made.
  void set_model_from_buffer(const char* data, size_t size);

  bool model_from_memory = false;
  PrecisionMode precision_mode = LITE_PRECISION_NORMAL;
  std::string lite_model_file;
  const char* model_data = nullptr;
  size_t model_data_size = 0;
  std::string model_buffer;
  std::string param_buffer;
};

inline void give_model(MobileConfig& config, const char* data, size_t size) {
  config.set_model_from_buffer(data, size);
}
inline bool was_given(const MobileConfig& config, const char* data, size_t size) {
  return config.model_from_memory && config.model_data == data && config.model_data_size == size;
}

constexpr size_t kConfigBaseWritten = sizeof(ConfigBase);
constexpr const char* kLayoutVersions[] = {"2.14rc0", "2.13rc0"};

#if !defined(__x86_64__) || defined(_LIBCPP_VERSION)
#error "the layout of Paddle Lite 2.13rc0 and 2.14rc0 is established for x86-64 and libstdc++ only"
#endif
constexpr AbiSizes kAbiSizes = {528, 848, 648, 16, 8, 16};

}  // namespace lite_api
}  // namespace paddle

#endif  // OARLOCK_PLUGIN_LAYOUTS_CONFIG_2_14_H_
