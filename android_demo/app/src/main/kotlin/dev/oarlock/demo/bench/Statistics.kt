package dev.oarlock.demo.bench

import kotlin.math.ceil

/** Times of runs, in milliseconds. */
class Statistics(nanos: LongArray) {
    private val sorted = nanos.sortedArray()

    init {
        require(nanos.isNotEmpty()) { "no runs" }
    }

    val runs: Int get() = sorted.size
    val mean: Double get() = sorted.average() / NANOS_PER_MILLI
    val min: Double get() = sorted.first() / NANOS_PER_MILLI
    val max: Double get() = sorted.last() / NANOS_PER_MILLI

    /** The time that [share] of the runs, in (0, 1], did not exceed: the nearest rank. */
    fun percentile(share: Double): Double =
        sorted[(ceil(share * sorted.size).toInt() - 1).coerceIn(0, sorted.size - 1)] / NANOS_PER_MILLI

    private companion object {
        const val NANOS_PER_MILLI = 1e6
    }
}
