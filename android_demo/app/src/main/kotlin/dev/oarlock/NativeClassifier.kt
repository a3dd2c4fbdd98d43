package dev.oarlock

import android.content.Context
import android.graphics.Bitmap
import android.media.Image
import java.io.File
import java.nio.ByteBuffer
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

/** A class with its probability; [label] is null where the bundle has no names. */
data class Prediction(val classId: Int, val label: String?, val score: Float)

/** The best classes of a picture, best first, and how long it took. */
data class Answer(val best: List<Prediction>, val preprocessNanos: Long, val inferenceNanos: Long)

/** How a model is run. [threads] is 1 to 64; more than the big cores of a phone often slow it down. */
data class Options(
    /** Id of a variant, "arm64-int8"; null takes the most exact that fits this processor. */
    val variant: String? = null,
    val threads: Int = 1,
    /**
     * Where it is remembered which files have been hashed, Context.getCacheDir(); null hashes them at every opening.
     */
    val cache: File? = null
)

/**
 * An image classifier: a bundle made by `oarlock opt`, run by Paddle Lite on this phone's processor. This is the class
 * to lift into an app of your own, with the files beside it, the folder cpp and the core in native/.
 *
 * ```
 * NativeClassifier.openAsset(context, "lite0.oar").use { classifier ->
 *     println(classifier.classify(bitmap).best.first())
 * }
 * ```
 *
 * Threads: any thread may call, and none of the calls belongs on the main thread: opening reads and hashes the model
 * (tens of milliseconds to seconds), classifying runs it. Calls take turns. [close] waits for the one that is at work
 * and then frees the model; what comes later throws [OarlockException] with the code "OAR-CLOSED".
 *
 * Ownership: frames, bitmaps and images stay the caller's, are only read, and only during the call. A camera's Image
 * must be closed by the caller, and nobody else may write to it or close it meanwhile. From the second
 * frame on the native side allocates nothing that it keeps: the rows that the core resizes are freed before the call
 * returns.
 */
class NativeClassifier private constructor(
    private var bundle: Long,
    engine: Long,
    private var classifier: Long,
    /** What the bundle says of itself. */
    val facts: BundleFacts,
    /** Id of the variant that is loaded. */
    val variant: String
) : AutoCloseable {
    private val lock = ReentrantLock()
    private val frame = Frame()
    private var pixels: ByteBuffer? = null
    private val times = LongArray(2)
    private var ids = IntArray(0)
    private var scores = FloatArray(0)
    private val labels = HashMap<Int, String?>()

    /** "2.12", as Paddle Lite says of itself. */
    val engineVersion: String = NativeLibrary.engineVersion(engine).decodeToString()

    /**
     * The [top] likeliest classes of what [frame] describes. Throws [OarlockException]: "OAR-BAD-IMAGE" for sizes and
     * strides that cannot be, "OAR-NOT-FINITE" or "OAR-ENGINE-FAILED" for an engine that answers nonsense.
     */
    fun classify(frame: Frame, top: Int = DEFAULT_TOP): Answer {
        require(top >= 1) { "top is $top, expected 1 or more" }
        return lock.withLock {
            val handle = opened()
            if (ids.size != top) {
                ids = IntArray(top)
                scores = FloatArray(top)
            }
            val found = NativeLibrary.classify(handle, frame.numbers, frame.buffers, frame.layout, ids, scores, times)
            Answer(List(found) { Prediction(ids[it], label(ids[it]), scores[it]) }, times[0], times[1])
        }
    }

    /**
     * A picture that is upright once it is turned clockwise by [rotation] degrees and then mirrored. Transparency is
     * dropped, as the model's training did. Only ARGB_8888 is read without a copy.
     */
    fun classify(bitmap: Bitmap, rotation: Int = 0, mirror: Boolean = false, top: Int = DEFAULT_TOP): Answer {
        val readable = if (bitmap.config ==
            Bitmap.Config.ARGB_8888
        ) {
            bitmap
        } else {
            bitmap.copy(Bitmap.Config.ARGB_8888, false)
        }
        return lock.withLock {
            val room = roomFor(readable.rowBytes * readable.height)
            readable.copyPixelsToBuffer(room)
            room.flip()
            frame.describe(FrameFormat.RGBA, readable.width, readable.height, rotation, mirror)
                .plane(0, room, readable.rowBytes, BYTES_PER_RGBA)
            classifyAndRelease(top)
        }
    }

    /**
     * A camera's frame in ImageFormat.YUV_420_888, its planes as they are. [rotation] is clockwise, what CameraGeometry
     * of the demo computes; [mirror] is for cameras that face the user.
     */
    fun classify(
        image: Image,
        rotation: Int,
        mirror: Boolean = false,
        range: YuvRange = YuvRange.FULL,
        top: Int = DEFAULT_TOP
    ): Answer = lock.withLock {
        frame.describe(FrameFormat.YUV_420_888, image.width, image.height, rotation, mirror, range)
        image.planes.forEachIndexed { index, plane ->
            frame.plane(index, plane.buffer, plane.rowStride, plane.pixelStride)
        }
        classifyAndRelease(top)
    }

    /** Runs the model alone, on the picture that it saw last or on zeros, for benchmarks; returns nanoseconds. */
    fun runAgain(): Long = lock.withLock { NativeLibrary.run(opened()) }

    /** What the model gave for the last picture before softmax, a number for each class. */
    fun rawOutput(): FloatArray = lock.withLock { NativeLibrary.rawOutput(opened()) }

    /** Frees the model, after the call that may be at work. Closing again does nothing. */
    override fun close() = lock.withLock {
        NativeLibrary.closeClassifier(classifier)
        NativeLibrary.closeBundle(bundle)
        classifier = 0
        bundle = 0
        pixels = null
    }

    private fun classifyAndRelease(top: Int): Answer = try {
        classify(frame, top)
    } finally {
        frame.release()
    }

    private fun opened(): Long {
        if (classifier == 0L) throw OarlockException("OAR-CLOSED", "the classifier is closed; open another")
        return classifier
    }

    /** Read from the core once; a camera asks for the same few again and again. */
    private fun label(classId: Int): String? =
        labels.getOrPut(classId) { NativeLibrary.label(bundle, classId)?.decodeToString() }

    private fun roomFor(bytes: Int): ByteBuffer {
        val kept = pixels?.takeIf { it.capacity() >= bytes } ?: ByteBuffer.allocateDirect(bytes).also { pixels = it }
        kept.clear()
        return kept
    }

    companion object {
        /** Paddle Lite's library, as it is called in a release archive and in an APK. */
        const val ENGINE = "libpaddle_light_api_shared.so"

        private const val DEFAULT_TOP = 5
        private const val BYTES_PER_RGBA = 4
        private const val NO_BIND = 3

        /** Version of the native core. */
        val version: String get() = NativeLibrary.version().decodeToString()

        /**
         * The library that Gradle packed into this app. It must be a file: see useLegacyPackaging in build.gradle.kts.
         */
        fun packagedEngine(context: Context): File = File(context.applicationInfo.nativeLibraryDir, ENGINE)

        /**
         * Opens the folder [bundle] ("lite0.oar") and loads a variant with the Paddle Lite library at [engine]. A
         * process can load one such library only. Throws [OarlockException].
         */
        fun open(bundle: File, engine: File, options: Options = Options()): NativeClassifier {
            val library = NativeLibrary.loadEngine(engine.path.encodeToByteArray())
            val handle = NativeLibrary.openBundle(
                bundle.path.encodeToByteArray(),
                options.cache?.path?.encodeToByteArray()
            )
            try {
                val facts = BundleFacts.parse(NativeLibrary.bundleJson(handle).decodeToString())
                val output = facts.classOutput ?: throw OarlockException(
                    "OAR-NOT-A-CLASSIFIER",
                    "$bundle: ${facts.name} takes no pictures or names no classes, expected a bundle with preprocessing"
                )
                val variant = NativeLibrary.pickVariant(handle, options.variant?.encodeToByteArray())
                val classifier = NativeLibrary.openClassifier(
                    handle,
                    library,
                    variant,
                    options.threads,
                    NO_BIND,
                    output,
                    facts.logits
                )
                return NativeClassifier(handle, library, classifier, facts, variant.decodeToString())
            } catch (failure: Throwable) {
                NativeLibrary.closeBundle(handle)
                throw failure
            }
        }

        /**
         * The same for a bundle that is packed into the app as the folder [asset] of its assets. The core reads files,
         * so it is first copied to the app's files, whole or not at all, once for every version of the app.
         */
        fun openAsset(context: Context, asset: String, options: Options = Options()): NativeClassifier = open(
            AssetBundles.extract(context, asset),
            packagedEngine(context),
            if (options.cache == null) options.copy(cache = context.cacheDir) else options
        )
    }
}
