package dev.oarlock.demo.bench

/** A quarter of a minute or so of a sustained benchmark. [thermal] is PowerManager's status, null before Android 10. */
data class Interval(val seconds: Double, val p50: Double, val thermal: Int?)

/** What a benchmark found: the short run, and how it went on. */
data class BenchmarkResult(val short: Statistics, val sustained: List<Interval>)

/**
 * Runs a model again and again: [WARM_UP] runs that do not count, [RUNS] that do, and then for so many minutes, in
 * intervals, what becomes of the median as the phone gets warm.
 *
 * [run] runs the model once and returns nanoseconds; [clock] is System.nanoTime; [thermal] the phone's thermal status.
 */
class Benchmark(
    private val run: () -> Long,
    private val clock: () -> Long = System::nanoTime,
    private val thermal: () -> Int? = { null }
) {
    /** null when [goOn], asked before every run, has returned false. [onInterval] is told as intervals end. */
    fun measure(minutes: Double, goOn: () -> Boolean, onInterval: (Interval) -> Unit = {}): BenchmarkResult? {
        repeat(WARM_UP) {
            if (!goOn()) return null
            run()
        }
        val times = LongArray(RUNS)
        for (index in times.indices) {
            if (!goOn()) return null
            times[index] = run()
        }
        val intervals = mutableListOf<Interval>()
        val end = clock() + (minutes * NANOS_PER_MINUTE).toLong()
        while (clock() < end) {
            val interval = interval(end, goOn) ?: return null
            intervals += interval
            onInterval(interval)
        }
        return BenchmarkResult(Statistics(times), intervals)
    }

    private fun interval(end: Long, goOn: () -> Boolean): Interval? {
        val begin = clock()
        val stop = minOf(begin + INTERVAL_NANOS, end)
        val times = mutableListOf<Long>()
        do {
            if (!goOn()) return null
            times += run()
        } while (clock() < stop)
        return Interval(
            (clock() - begin) / NANOS_PER_SECOND,
            Statistics(times.toLongArray()).percentile(MEDIAN),
            thermal()
        )
    }

    companion object {
        const val WARM_UP = 5
        const val RUNS = 50
        const val MEDIAN = 0.5
        private const val NANOS_PER_SECOND = 1e9
        private const val NANOS_PER_MINUTE = 60e9
        private const val INTERVAL_NANOS = 15_000_000_000L
    }
}
