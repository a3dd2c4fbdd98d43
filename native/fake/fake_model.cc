#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <stdexcept>

#include "fake_engine.h"
#include "nb.h"

namespace oarlock {
namespace fake {
namespace {

using paddle::lite_api::PrecisionType;

constexpr size_t kBuckets = 16;

PrecisionType precision_of(oar_dtype dtype) {
  switch (dtype) {
    case OAR_FLOAT32:
      return PrecisionType::kFloat;
    case OAR_INT64:
      return PrecisionType::kInt64;
    case OAR_INT32:
      return PrecisionType::kInt32;
    default:
      throw std::runtime_error("the fake engine knows float32, int32 and int64 only");
  }
}

double value_at(const FakeTensor& tensor, size_t index) {
  const void* data = tensor.memory.data();
  switch (tensor.precision) {
    case PrecisionType::kInt64:
      return static_cast<double>(static_cast<const int64_t*>(data)[index]);
    case PrecisionType::kInt32:
      return static_cast<const int32_t*>(data)[index];
    default:
      return static_cast<const float*>(data)[index];
  }
}

// A hash of the two numbers (the finaliser of MurmurHash3) as a number in [-1, 1).
double weight(size_t k, size_t j) {
  uint64_t hash = k * 0x9E3779B97F4A7C15u + j * 0xC2B2AE3D27D4EB4Fu + 1;
  hash = (hash ^ hash >> 33) * 0xFF51AFD7ED558CCDu;
  hash = (hash ^ hash >> 33) * 0xC4CEB9FE1A85EC53u;
  return static_cast<double>(hash >> 40) / (1 << 23) - 1;
}

}  // namespace

size_t FakeTensor::count() const {
  size_t result = 1;
  for (const int64_t dimension : shape) result *= static_cast<size_t>(dimension);
  return result;
}

void* FakeTensor::allocate(size_t size) {
  memory.resize((count() * size + 7) / 8);
  return memory.data();
}

FakeModel FakeModel::load(const paddle::lite_api::MobileConfig& config) {
  const std::string& text = config.lite_model_file;
#if OARLOCK_LITE_LAYOUT == 214
  const ByteSource file = config.model_from_memory
                              ? ByteSource::from_memory("memory", config.model_data, config.model_data_size)
                              : ByteSource::open_file(text);
#else
  const ByteSource file = config.model_from_memory ? ByteSource::from_memory("memory", text.data(), text.size())
                                                   : ByteSource::open_file(text);
#endif
  const NbModel nb = read_nb(file);
  FakeModel result;
  const auto convert = [](const NbTensor& tensor) {
    FakeTensor converted;
    converted.name = tensor.name;
    converted.description = tensor.shape.value_or(std::vector<int64_t>{-1, 10});
    converted.precision = precision_of(tensor.dtype.value_or(OAR_FLOAT32));
    return converted;
  };
  for (const NbTensor& input : nb.program.inputs) result.inputs.push_back(convert(input));
  for (const NbTensor& output : nb.program.outputs) result.outputs.push_back(convert(output));
  for (const auto& op : nb.program.ops) {
    if (op.first.rfind("fake_", 0) == 0) result.markers.insert(op.first);
  }
  return result;
}

bool FakeModel::is_marked(const char* marker) const {
  const char* failure = std::getenv("OARLOCK_FAKE_FAILURE");
  return markers.count(marker) != 0 || (failure != nullptr && std::strcmp(failure, marker) == 0);
}

void FakeModel::run() {
  const size_t batch = inputs.empty() ? 1 : static_cast<size_t>(inputs[0].shape.at(0));
  size_t values = 0;
  for (const FakeTensor& input : inputs) values += input.count() / batch;
  for (FakeTensor& output : outputs) {
    output.shape = output.description;
    for (int64_t& dimension : output.shape) {
      if (dimension == -1) dimension = static_cast<int64_t>(batch);
    }
    if (is_marked("fake_empty")) output.shape = {0};
    output.precision = PrecisionType::kFloat;
    auto* data = static_cast<float*>(output.allocate(sizeof(float)));
    const size_t row = output.count() / batch;
    for (size_t r = 0; r < batch && row > 0; ++r) {
      double sums[kBuckets] = {};
      size_t i = 0;
      for (const FakeTensor& input : inputs) {
        const size_t count = input.count() / batch;
        for (size_t v = 0; v < count; ++v, ++i) {
          sums[i % kBuckets] += value_at(input, r * count + v) / static_cast<double>(values);
        }
      }
      for (size_t k = 0; k < row; ++k) {
        double sum = weight(k, kBuckets);
        for (size_t j = 0; j < kBuckets; ++j) sum += weight(k, j) * sums[j];
        const bool nan = is_marked("fake_nan");
        data[r * row + k] = nan ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(sum);
      }
    }
  }
}

}  // namespace fake
}  // namespace oarlock
