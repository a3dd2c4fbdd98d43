package dev.oarlock

import java.io.File
import java.nio.ByteBuffer
import java.nio.ByteOrder
import org.json.JSONArray
import org.json.JSONObject

/** What the Python runtime answered, and the pixels that it was given: written by tests/android/fixtures.py. */
object Fixtures {
    private val folder = File(System.getProperty("oarlock.fixtures") ?: error("run it by pytest tests/android"))
    private val root = JSONObject(File(folder, "fixtures.json").readText())

    val bundle = File(root.getString("bundle"))
    val engine = File(root.getString("engine"))
    val variant: String = root.getString("variant")

    /** A bundle with a byte of its model changed, and what Python says of it. */
    val corrupt = File(root.getString("corrupt"))
    val corruptCode: String = root.getString("corrupt_code")
    val corruptMessage: String = root.getString("corrupt_message")

    val cases: List<Case> = root.getJSONArray("cases").map { Case(it as JSONObject) }

    class Case(private val json: JSONObject) {
        val name: String = json.getString("name")
        val format = FrameFormat.valueOf(json.getString("format"))
        val width = json.getInt("width")
        val height = json.getInt("height")
        val rotation = json.getInt("rotation")
        val mirror = json.getBoolean("mirror")
        val range = if (json.isNull("range")) null else YuvRange.valueOf(json.getString("range"))
        val planes = json.getJSONArray("planes").map { Plane(it as JSONObject) }
        val ids = json.getJSONArray("ids").map { it as Int }
        val labels = json.getJSONArray("labels").map { it as String }
        val scoreBits = json.getJSONArray("score_bits").map { it as Int }

        /** Before softmax, as the model gave them to Python. */
        fun logits(): FloatArray {
            val bytes = ByteBuffer.wrap(
                File(folder, json.getString("logits")).readBytes()
            ).order(ByteOrder.LITTLE_ENDIAN)
            return FloatArray(bytes.remaining() / 4).also { bytes.asFloatBuffer().get(it) }
        }

        fun describe(frame: Frame): Frame {
            frame.describe(format, width, height, rotation, mirror, range)
            planes.forEachIndexed { index, it -> frame.plane(index, it.buffer, it.rowStride, it.pixelStride) }
            return frame
        }
    }

    /** A plane in a direct buffer of exactly its size. */
    class Plane(json: JSONObject) {
        val rowStride = json.getInt("row_stride")
        val pixelStride = json.getInt("pixel_stride")
        val buffer: ByteBuffer = File(folder, json.getString("file")).readBytes().let {
            ByteBuffer.allocateDirect(it.size).apply { put(it).flip() }
        }
    }

    private fun <T> JSONArray.map(transform: (Any) -> T): List<T> = List(length()) { transform(get(it)) }

    fun open(options: Options = Options()): NativeClassifier = NativeClassifier.open(bundle, engine, options)
}
