package dev.oarlock

/**
 * What the native core says went wrong: [code] is stable and for programs ("OAR-HASH-MISMATCH"; docs/errors.md lists
 * them), the message is the core's sentence, which names the file or field, what was found and what was expected.
 */
class OarlockException(val code: String, message: String) : RuntimeException(message) {
    /** For JNI, which speaks UTF-8. */
    @Suppress("unused")
    internal constructor(code: ByteArray, message: ByteArray) : this(code.decodeToString(), message.decodeToString())

    override fun toString(): String = "$code: $message"
}
