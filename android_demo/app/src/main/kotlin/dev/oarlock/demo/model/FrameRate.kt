package dev.oarlock.demo.model

/** Frames per second over the last [window] frames. One thread at a time. */
class FrameRate(private val window: Int = 30) {
    private val times = LongArray(window)
    private var count = 0L

    /** Notes a frame at [nanos] of a clock that never goes back; returns the rate, 0 before the second frame. */
    fun tick(nanos: Long): Double {
        times[(count % window).toInt()] = nanos
        count++
        val known = minOf(count, window.toLong())
        val oldest = times[((count - known) % window).toInt()]
        return if (known < 2 || nanos <= oldest) 0.0 else (known - 1) * NANOS_PER_SECOND / (nanos - oldest)
    }

    fun reset() {
        count = 0
    }

    private companion object {
        const val NANOS_PER_SECOND = 1e9
    }
}
