// dev.oarlock.NativeLibrary's functions for bundles and classifiers. They only marshal: sizes, strides and pointers go
// in, numbers and bytes come out; what they mean is in oarlock.h.
#include <algorithm>
#include <chrono>
#include <memory>
#include <new>
#include <utility>

#include "classifier.h"
#include "jni_support.h"

using oarlock_jni::Classifier;
using oarlock_jni::from_handle;
using oarlock_jni::succeeded;
using oarlock_jni::throw_error;
using oarlock_jni::to_bytes;
using oarlock_jni::to_handle;
using oarlock_jni::to_string;

namespace {

constexpr int kPlanes = 3;
constexpr int kNumbersPerPlane = 4;  // Offset and size in the buffer, row stride, pixel stride: all in bytes.

jlong nanoseconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - begin).count();
}

// The planes of the frame; false, with an exception pending, when a buffer is no direct one or is left.
bool read_planes(JNIEnv* env, jobjectArray buffers, jlongArray layout, oar_frame* frame) {
  jlong numbers[kPlanes * kNumbersPerPlane];
  env->GetLongArrayRegion(layout, 0, kPlanes * kNumbersPerPlane, numbers);
  if (env->ExceptionCheck() == JNI_TRUE) return false;
  const jsize count = std::min<jsize>(env->GetArrayLength(buffers), kPlanes);
  for (jsize index = 0; index < count; ++index) {
    jobject buffer = env->GetObjectArrayElement(buffers, index);
    if (buffer == nullptr) continue;
    const auto* base = static_cast<const uint8_t*>(env->GetDirectBufferAddress(buffer));
    const jlong capacity = env->GetDirectBufferCapacity(buffer);
    env->DeleteLocalRef(buffer);
    const jlong* plane = numbers + static_cast<ptrdiff_t>(index) * kNumbersPerPlane;
    const std::string where = "plane " + std::to_string(index);
    if (base == nullptr) {
      throw_error(env, oar_status_code(OAR_INVALID_ARGUMENT),
                  where + " is no direct buffer, expected ByteBuffer.allocateDirect or that of an Image");
      return false;
    }
    if (plane[0] < 0 || plane[1] < 0 || plane[0] > capacity || plane[1] > capacity - plane[0]) {
      throw_error(env, oar_status_code(OAR_INVALID_ARGUMENT),
                  where + " is said to be " + std::to_string(plane[1]) + " bytes from byte " +
                      std::to_string(plane[0]) + " on, but its buffer has " + std::to_string(capacity));
      return false;
    }
    oar_plane& out = frame->planes[index];
    out.data = base + plane[0];
    out.size = static_cast<size_t>(plane[1]);
    out.row_stride = plane[2];
    out.pixel_stride = static_cast<int32_t>(plane[3]);
  }
  return true;
}

// False, with an exception pending, for scores that are anything else.
bool is_float32(JNIEnv* env, const oar_tensor& output) {
  if (output.dtype == OAR_FLOAT32) return true;
  throw_error(env, oar_status_code(OAR_BAD_DTYPE),
              std::string("the model's output is ") + oar_dtype_name(output.dtype) + ", expected float32");
  return false;
}

}  // namespace

extern "C" {

JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM* machine, void* /*reserved*/) {
  void* env = nullptr;
  if (machine->GetEnv(&env, JNI_VERSION_1_6) != JNI_OK) return JNI_ERR;
  return oarlock_jni::load_exception_class(static_cast<JNIEnv*>(env)) ? JNI_VERSION_1_6 : JNI_ERR;
}

JNIEXPORT jbyteArray JNICALL Java_dev_oarlock_NativeLibrary_version(JNIEnv* env, jobject /*self*/) {
  return to_bytes(env, oar_version());
}

JNIEXPORT jlong JNICALL Java_dev_oarlock_NativeLibrary_loadEngine(JNIEnv* env, jobject /*self*/, jbyteArray path) {
  oar_engine* engine = nullptr;
  return succeeded(env, oar_engine_load(to_string(env, path).c_str(), &engine)) ? to_handle(engine) : 0;
}

JNIEXPORT jbyteArray JNICALL Java_dev_oarlock_NativeLibrary_engineVersion(JNIEnv* env, jobject /*self*/, jlong engine) {
  return to_bytes(env, oar_engine_version(from_handle<oar_engine>(engine)));
}

JNIEXPORT jlong JNICALL Java_dev_oarlock_NativeLibrary_openBundle(JNIEnv* env, jobject /*self*/, jbyteArray path,
                                                                  jbyteArray cache) {
  const std::string cache_folder = to_string(env, cache);
  oar_bundle_options options{};
  options.struct_size = sizeof options;
  options.cache = cache == nullptr ? nullptr : cache_folder.c_str();
  oar_bundle* bundle = nullptr;
  return succeeded(env, oar_bundle_open(to_string(env, path).c_str(), &options, &bundle)) ? to_handle(bundle) : 0;
}

JNIEXPORT void JNICALL Java_dev_oarlock_NativeLibrary_closeBundle(JNIEnv* /*env*/, jobject /*self*/, jlong bundle) {
  oar_bundle_close(from_handle<oar_bundle>(bundle));
}

JNIEXPORT jbyteArray JNICALL Java_dev_oarlock_NativeLibrary_bundleJson(JNIEnv* env, jobject /*self*/, jlong bundle) {
  return to_bytes(env, oar_bundle_json(from_handle<oar_bundle>(bundle)));
}

JNIEXPORT jbyteArray JNICALL Java_dev_oarlock_NativeLibrary_pickVariant(JNIEnv* env, jobject /*self*/, jlong bundle,
                                                                        jbyteArray variant) {
  const std::string wanted = to_string(env, variant);
  const char* picked = nullptr;
  const oar_status status =
      oar_bundle_pick_variant(from_handle<oar_bundle>(bundle), variant == nullptr ? nullptr : wanted.c_str(), &picked);
  return succeeded(env, status) ? to_bytes(env, picked) : nullptr;
}

JNIEXPORT jbyteArray JNICALL Java_dev_oarlock_NativeLibrary_label(JNIEnv* env, jobject /*self*/, jlong bundle,
                                                                  jint class_id) {
  return to_bytes(env, oar_bundle_label(from_handle<oar_bundle>(bundle), class_id));
}

JNIEXPORT jlong JNICALL Java_dev_oarlock_NativeLibrary_openClassifier(JNIEnv* env, jobject /*self*/, jlong bundle,
                                                                      jlong engine, jbyteArray variant, jint threads,
                                                                      jint power, jint output, jboolean logits) {
  const auto* source = from_handle<oar_bundle>(bundle);
  oar_preprocess_spec spec{};
  spec.struct_size = sizeof spec;
  if (!succeeded(env, oar_bundle_preprocess(source, &spec))) return 0;
  oar_preprocessor* preprocessor = nullptr;
  if (!succeeded(env, oar_preprocessor_create(&spec, &preprocessor))) return 0;
  std::unique_ptr<oar_preprocessor, oarlock_jni::PreprocessorDeleter> owned_preprocessor(preprocessor);

  oar_session_options options{};
  options.struct_size = sizeof options;
  options.threads = threads;
  options.power = static_cast<oar_power>(power);
  oar_session* session = nullptr;
  if (!succeeded(env, oar_bundle_open_session(source, from_handle<oar_engine>(engine), to_string(env, variant).c_str(),
                                              &options, &session))) {
    return 0;
  }
  std::unique_ptr<oar_session, oarlock_jni::SessionDeleter> owned_session(session);
  std::unique_ptr<Classifier> classifier;
  try {
    const oar_status status = Classifier::create(std::move(owned_session), std::move(owned_preprocessor),
                                                 {static_cast<size_t>(output), logits == JNI_TRUE}, &classifier);
    if (!succeeded(env, status)) return 0;
  } catch (const std::bad_alloc&) {
    throw_error(env, oar_status_code(OAR_OUT_OF_MEMORY), "no memory for the model's input");
    return 0;
  }
  return to_handle(classifier.release());
}

JNIEXPORT void JNICALL Java_dev_oarlock_NativeLibrary_closeClassifier(JNIEnv* /*env*/, jobject /*self*/,
                                                                      jlong classifier) {
  std::unique_ptr<Classifier> owned(from_handle<Classifier>(classifier));
}

JNIEXPORT jint JNICALL Java_dev_oarlock_NativeLibrary_classify(JNIEnv* env, jobject /*self*/, jlong classifier,
                                                               jintArray frame_numbers, jobjectArray buffers,
                                                               jlongArray layout, jintArray ids, jfloatArray scores,
                                                               jlongArray nanoseconds) {
  auto* model = from_handle<Classifier>(classifier);
  jint numbers[6];  // Format, width, height, rotation, mirror, range.
  env->GetIntArrayRegion(frame_numbers, 0, 6, numbers);
  if (env->ExceptionCheck() == JNI_TRUE) return 0;
  oar_frame frame{};
  frame.struct_size = sizeof frame;
  frame.format = static_cast<oar_frame_format>(numbers[0]);
  frame.width = numbers[1];
  frame.height = numbers[2];
  frame.rotation = numbers[3];
  frame.mirror = numbers[4];
  frame.range = static_cast<oar_yuv_range>(numbers[5]);
  if (!read_planes(env, buffers, layout, &frame)) return 0;

  jlong times[2];
  auto begin = std::chrono::steady_clock::now();
  if (!succeeded(env, model->set_frame(frame))) return 0;
  times[0] = nanoseconds_since(begin);
  begin = std::chrono::steady_clock::now();
  if (!succeeded(env, model->run())) return 0;
  times[1] = nanoseconds_since(begin);

  oar_tensor output{};
  if (!succeeded(env, model->raw_output(&output)) || !is_float32(env, output)) return 0;
  size_t count = 0;
  size_t found = 0;
  try {
    if (!succeeded(env, model->read_scores(output, &count))) return 0;
  } catch (const std::bad_alloc&) {
    throw_error(env, oar_status_code(OAR_OUT_OF_MEMORY), "no memory for the model's scores");
    return 0;
  }
  if (!succeeded(env, model->pick_best(static_cast<size_t>(env->GetArrayLength(ids)), &found))) return 0;
  const float* scores_begin = model->scores();
  if (count > 1 && std::equal(scores_begin + 1, scores_begin + count, scores_begin)) {
    throw_error(env, oar_status_code(OAR_ENGINE_FAILED),
                "all " + std::to_string(count) +
                    " scores of a picture are equal, expected different ones; this engine does not run this variant "
                    "rightly");
    return 0;
  }
  env->SetIntArrayRegion(ids, 0, static_cast<jsize>(found), model->ids());
  env->SetFloatArrayRegion(scores, 0, static_cast<jsize>(found), model->best());
  env->SetLongArrayRegion(nanoseconds, 0, 2, times);
  return static_cast<jint>(found);
}

JNIEXPORT jlong JNICALL Java_dev_oarlock_NativeLibrary_run(JNIEnv* env, jobject /*self*/, jlong classifier) {
  const auto begin = std::chrono::steady_clock::now();
  return succeeded(env, from_handle<Classifier>(classifier)->run()) ? nanoseconds_since(begin) : 0;
}

JNIEXPORT jfloatArray JNICALL Java_dev_oarlock_NativeLibrary_rawOutput(JNIEnv* env, jobject /*self*/,
                                                                       jlong classifier) {
  oar_tensor output{};
  if (!succeeded(env, from_handle<Classifier>(classifier)->raw_output(&output))) return nullptr;
  if (!is_float32(env, output)) return nullptr;
  const auto count = static_cast<jsize>(output.bytes / sizeof(float));
  jfloatArray result = env->NewFloatArray(count);
  if (result != nullptr) env->SetFloatArrayRegion(result, 0, count, static_cast<const float*>(output.data));
  return result;
}

}  // extern "C"
