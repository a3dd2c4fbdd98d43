// The shim: the one call into Paddle Lite's optimiser, compiled for each layout of its classes.
#include "shim.h"

#include <cstdio>
#include <exception>
#include <new>
#include <stdexcept>

#include "layout_check.h"
#include "lite_api.h"

namespace lite = paddle::lite_api;

namespace {

class OtherEngine : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Before anything else is done with it: that the library is laid out as declared, and is of the version it should be.
void check_engine(const std::string& expected) {
  std::string found;
  try {
    oarlock::plugin::check_layout();
    found = oarlock::plugin::ask_version();
  } catch (const std::exception& exception) {
    throw OtherEngine(exception.what());
  }
  if (found != expected) throw OtherEngine("it says that it is " + found + ", expected " + expected);
}

#if OARLOCK_LITE_LAYOUT == 210
void discard_passes(lite::CxxConfig&, const oarlock_job& job) {
  if (job.discarded_count != 0) throw std::runtime_error("this version of Paddle Lite cannot leave out a pass");
}
#else
void discard_passes(lite::CxxConfig& config, const oarlock_job& job) {
  config.discarded_passes.assign(job.discarded, job.discarded + job.discarded_count);
}
#endif

void optimize(const oarlock_job& job) {
  check_engine(job.version);
  lite::CxxConfig config;
  config.model_file = job.model;
  config.param_file = job.params;
  for (size_t i = 0; i < job.place_count; ++i) {
    const oarlock_place& place = job.places[i];
    config.valid_places.push_back({static_cast<lite::TargetType>(place.target),
                                   static_cast<lite::PrecisionType>(place.precision),
                                   static_cast<lite::DataLayoutType>(place.layout)});
  }
  config.nnadapter_device_names.assign(job.devices, job.devices + job.device_count);
  discard_passes(config, job);
  if (job.weight_bits != 0) {
    config.quant_model = true;
    config.quant_type = job.weight_bits == 8 ? lite::QuantType::QUANT_INT8 : lite::QuantType::QUANT_INT16;
  }
  const std::shared_ptr<lite::PaddlePredictor> predictor = lite::CreatePaddlePredictor<lite::CxxConfig>(config);
  if (predictor == nullptr) throw std::runtime_error("Paddle Lite returned no predictor");
  predictor->SaveOptimizedModel(job.output, lite::LiteModelType::kNaiveBuffer, job.record != 0);
}

}  // namespace

extern "C" __attribute__((visibility("default"))) oarlock_job_result oarlock_optimize_v3(const oarlock_job* job,
                                                                                         char* error,
                                                                                         size_t error_size) {
  try {
    optimize(*job);
    return kOarlockJobDone;
  } catch (const std::bad_alloc&) {
    std::snprintf(error, error_size, "not enough memory");
    return kOarlockJobNoMemory;
  } catch (const OtherEngine& exception) {
    std::snprintf(error, error_size, "%s", exception.what());
    return kOarlockJobOtherEngine;
  } catch (const std::exception& exception) {
    std::snprintf(error, error_size, "%s", exception.what());
  } catch (...) {
    std::snprintf(error, error_size, "an exception that is no std::exception");
  }
  return kOarlockJobFailed;
}
