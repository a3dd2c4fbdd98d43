package dev.oarlock.demo.model

import dev.oarlock.Answer

/** A line of the answer: [percent] of 0 to 100 is also the length of its bar. */
data class ScoreLine(val name: String, val percent: Int)

/** What the screen shows of the last picture. */
data class LiveView(
    val lines: List<ScoreLine> = emptyList(),
    val inferenceMillis: Double = 0.0,
    val framesPerSecond: Double = 0.0,
    val error: String? = null
)

/**
 * From answers to what the screen shows: three lines with names that people read, the rate, the time. Plain Kotlin; one
 * thread at a time, the main one.
 */
class LiveModel(private val lines: Int = 3, private val show: (LiveView) -> Unit) {
    private val rate = FrameRate()

    var view = LiveView()
        private set

    /** A frame of the camera has been classified, at [nanos] of System.nanoTime(). */
    fun onFrame(answer: Answer, nanos: Long) = publish(viewOf(answer).copy(framesPerSecond = rate.tick(nanos)))

    /** A picture of the gallery has been classified. */
    fun onPicture(answer: Answer) = publish(viewOf(answer))

    fun onError(message: String) = publish(LiveView(error = message))

    /** Another model, another camera, or back from the gallery: nothing that was shown holds any more. */
    fun clear() {
        rate.reset()
        publish(LiveView())
    }

    private fun viewOf(answer: Answer) = LiveView(
        lines = answer.best.take(lines).map {
            ScoreLine(readable(it.label, it.classId), (it.score * 100).toInt().coerceIn(0, 100))
        },
        inferenceMillis = answer.inferenceNanos / NANOS_PER_MILLI
    )

    private fun publish(next: LiveView) {
        view = next
        show(next)
    }

    companion object {
        private const val NANOS_PER_MILLI = 1e6

        /** ImageNet's labels are lists of synonyms, of which the first is enough for a line. */
        fun readable(label: String?, classId: Int): String =
            label?.substringBefore(',')?.trim()?.ifEmpty { null } ?: "#$classId"
    }
}
