// What every JNI function needs: errors as Kotlin exceptions, strings as UTF-8 bytes, handles as pointers in a jlong.
//
// Strings cross as byte[] and not as String: JNI's own functions speak "modified UTF-8", which writes characters
// outside the Basic Multilingual Plane, and so some labels and file names, in another way than everybody else.
#ifndef OARLOCK_ANDROID_JNI_SUPPORT_H_
#define OARLOCK_ANDROID_JNI_SUPPORT_H_

#include <jni.h>

#include <string>

#include "oarlock.h"

namespace oarlock_jni {

// Finds dev.oarlock.OarlockException; false, with a Java exception pending, when it is not there. Called once, by
// JNI_OnLoad, since a thread that native code attached would not see the application's classes.
bool load_exception_class(JNIEnv* env);

// Throws OarlockException(code, sentence) in the caller, who must return to Java at once.
void throw_error(JNIEnv* env, const char* code, const std::string& sentence);

// True for OAR_OK; else throws the core's code and its sentence, and returns false.
bool succeeded(JNIEnv* env, oar_status status);

// The array's bytes; "" for null.
std::string to_string(JNIEnv* env, jbyteArray bytes);

// null for a null pointer, and where the Java heap is full, with its exception pending.
jbyteArray to_bytes(JNIEnv* env, const char* text);

template <typename T>
jlong to_handle(T* object) {
  return static_cast<jlong>(reinterpret_cast<intptr_t>(object));
}

template <typename T>
T* from_handle(jlong handle) {
  return reinterpret_cast<T*>(static_cast<intptr_t>(handle));
}

}  // namespace oarlock_jni

#endif  // OARLOCK_ANDROID_JNI_SUPPORT_H_
