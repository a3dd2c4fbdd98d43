package dev.oarlock

import java.nio.ByteBuffer

/**
 * liboarlock_jni.so, a function of oarlock.h or a few of them each. Nothing here checks a handle: [NativeClassifier]
 * and [Selftest] own them, and see to it that none is used after it was closed or by two threads at once.
 *
 * Text is UTF-8. Every function throws [OarlockException] where the core reports a failure.
 */
internal object NativeLibrary {
    init {
        System.loadLibrary("oarlock_jni")
    }

    external fun version(): ByteArray

    /** Loads Paddle Lite, once for the life of the process; the handle is never freed. */
    external fun loadEngine(path: ByteArray): Long

    external fun engineVersion(engine: Long): ByteArray

    external fun openBundle(path: ByteArray, cache: ByteArray?): Long

    external fun closeBundle(bundle: Long)

    external fun bundleJson(bundle: Long): ByteArray

    external fun pickVariant(bundle: Long, variant: ByteArray?): ByteArray

    external fun label(bundle: Long, classId: Int): ByteArray?

    external fun openClassifier(
        bundle: Long,
        engine: Long,
        variant: ByteArray,
        threads: Int,
        power: Int,
        output: Int,
        logits: Boolean
    ): Long

    external fun closeClassifier(classifier: Long)

    /**
     * [frame] is format, width, height, rotation, mirror, range as in oar_frame; [layout] has for each of three planes
     * offset and size in its buffer, row stride and pixel stride, in bytes. Fills [ids] and [scores], best first, and
     * [nanoseconds] with the time of preprocessing and of the engine; returns how many classes were written.
     */
    external fun classify(
        classifier: Long,
        frame: IntArray,
        planes: Array<ByteBuffer?>,
        layout: LongArray,
        ids: IntArray,
        scores: FloatArray,
        nanoseconds: LongArray
    ): Int

    /** Runs the model on the input that it was given last; returns nanoseconds. */
    external fun run(classifier: Long): Long

    external fun rawOutput(classifier: Long): FloatArray

    external fun openSelftest(bundle: Long, variant: ByteArray?, threads: Int): Long

    external fun closeSelftest(selftest: Long)

    /** The name of the case that comes next, null when all is done; fills [doneAndTotal]. */
    external fun nextCase(selftest: Long, doneAndTotal: IntArray): ByteArray?

    external fun runCase(selftest: Long, engine: Long)

    external fun verdict(selftest: Long): Int

    external fun verdictSentence(selftest: Long): ByteArray

    external fun selftestJson(selftest: Long): ByteArray
}
