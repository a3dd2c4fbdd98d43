#include "jni_support.h"

#include <cstring>

namespace oarlock_jni {
namespace {

jclass g_exception = nullptr;
jmethodID g_constructor = nullptr;

}  // namespace

bool load_exception_class(JNIEnv* env) {
  jclass local = env->FindClass("dev/oarlock/OarlockException");
  if (local == nullptr) return false;
  g_exception = static_cast<jclass>(env->NewGlobalRef(local));
  env->DeleteLocalRef(local);
  if (g_exception == nullptr) return false;
  g_constructor = env->GetMethodID(g_exception, "<init>", "([B[B)V");
  return g_constructor != nullptr;
}

void throw_error(JNIEnv* env, const char* code, const std::string& sentence) {
  if (env->ExceptionCheck() == JNI_TRUE) return;
  jbyteArray code_bytes = to_bytes(env, code);
  jbyteArray sentence_bytes = code_bytes == nullptr ? nullptr : to_bytes(env, sentence.c_str());
  if (sentence_bytes == nullptr) return;  // An OutOfMemoryError is pending.
  jobject error = env->NewObject(g_exception, g_constructor, code_bytes, sentence_bytes);
  if (error != nullptr) env->Throw(static_cast<jthrowable>(error));
}

bool succeeded(JNIEnv* env, oar_status status) {
  if (status == OAR_OK) return true;
  throw_error(env, oar_status_code(status), oar_last_error());
  return false;
}

std::string to_string(JNIEnv* env, jbyteArray bytes) {
  if (bytes == nullptr) return {};
  std::string text(static_cast<size_t>(env->GetArrayLength(bytes)), '\0');
  env->GetByteArrayRegion(bytes, 0, static_cast<jsize>(text.size()), reinterpret_cast<jbyte*>(text.data()));
  return text;
}

jbyteArray to_bytes(JNIEnv* env, const char* text) {
  if (text == nullptr) return nullptr;
  const auto size = static_cast<jsize>(std::strlen(text));
  jbyteArray bytes = env->NewByteArray(size);
  if (bytes != nullptr) env->SetByteArrayRegion(bytes, 0, size, reinterpret_cast<const jbyte*>(text));
  return bytes;
}

}  // namespace oarlock_jni
