// dev.oarlock.NativeLibrary's functions for the selftest of oarlock.h, one each.
#include "jni_support.h"

using oarlock_jni::from_handle;
using oarlock_jni::succeeded;
using oarlock_jni::to_bytes;
using oarlock_jni::to_handle;
using oarlock_jni::to_string;

extern "C" {

JNIEXPORT jlong JNICALL Java_dev_oarlock_NativeLibrary_openSelftest(JNIEnv* env, jobject /*self*/, jlong bundle,
                                                                    jbyteArray variant, jint threads) {
  const std::string wanted = to_string(env, variant);
  oar_selftest_options options{};
  options.struct_size = sizeof options;
  options.variant = variant == nullptr ? nullptr : wanted.c_str();
  options.session.struct_size = sizeof options.session;
  options.session.threads = threads;
  options.session.power = OAR_POWER_NO_BIND;
  oar_selftest* selftest = nullptr;
  const oar_status status = oar_selftest_open(from_handle<oar_bundle>(bundle), &options, &selftest);
  return succeeded(env, status) ? to_handle(selftest) : 0;
}

JNIEXPORT void JNICALL Java_dev_oarlock_NativeLibrary_closeSelftest(JNIEnv* /*env*/, jobject /*self*/, jlong selftest) {
  oar_selftest_close(from_handle<oar_selftest>(selftest));
}

JNIEXPORT jbyteArray JNICALL Java_dev_oarlock_NativeLibrary_nextCase(JNIEnv* env, jobject /*self*/, jlong selftest,
                                                                     jintArray done_and_total) {
  oar_selftest_state state{};
  state.struct_size = sizeof state;
  if (!succeeded(env, oar_selftest_next(from_handle<oar_selftest>(selftest), &state))) return nullptr;
  const jint counts[] = {static_cast<jint>(state.done), static_cast<jint>(state.total)};
  env->SetIntArrayRegion(done_and_total, 0, 2, counts);
  return to_bytes(env, state.variant == nullptr ? nullptr : state.case_name);
}

JNIEXPORT void JNICALL Java_dev_oarlock_NativeLibrary_runCase(JNIEnv* env, jobject /*self*/, jlong selftest,
                                                              jlong engine) {
  succeeded(env, oar_selftest_run_next(from_handle<oar_selftest>(selftest), from_handle<oar_engine>(engine)));
}

JNIEXPORT jint JNICALL Java_dev_oarlock_NativeLibrary_verdict(JNIEnv* /*env*/, jobject /*self*/, jlong selftest) {
  return oar_selftest_verdict(from_handle<oar_selftest>(selftest));
}

JNIEXPORT jbyteArray JNICALL Java_dev_oarlock_NativeLibrary_verdictSentence(JNIEnv* env, jobject /*self*/,
                                                                            jlong selftest) {
  return to_bytes(env, oar_selftest_sentence(from_handle<oar_selftest>(selftest)));
}

JNIEXPORT jbyteArray JNICALL Java_dev_oarlock_NativeLibrary_selftestJson(JNIEnv* env, jobject /*self*/,
                                                                         jlong selftest) {
  return to_bytes(env, oar_selftest_json(from_handle<oar_selftest>(selftest)));
}

}  // extern "C"
