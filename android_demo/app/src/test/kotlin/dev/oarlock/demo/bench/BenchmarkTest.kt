package dev.oarlock.demo.bench

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test

class BenchmarkTest {
    private var now = 0L
    private var runs = 0
    private val benchmark = Benchmark(
        run = {
            runs++
            // 20 ms, and 30 once it is warm: after ten seconds.
            val nanos = if (now < 10_000_000_000) 20_000_000L else 30_000_000L
            now += nanos
            nanos
        },
        clock = { now },
        thermal = { if (now < 10_000_000_000) 0 else 2 }
    )

    @Test
    fun `percentiles are by nearest rank`() {
        val statistics = Statistics(LongArray(100) { (100 - it) * 1_000_000L })
        assertEquals(50.0, statistics.percentile(0.5))
        assertEquals(90.0, statistics.percentile(0.9))
        assertEquals(100.0, statistics.percentile(1.0))
        assertEquals(listOf(1.0, 100.0, 50.5), listOf(statistics.min, statistics.max, statistics.mean))
        assertEquals(7.0, Statistics(longArrayOf(7_000_000)).percentile(0.5))
        assertThrows(IllegalArgumentException::class.java) { Statistics(LongArray(0)) }
    }

    @Test
    fun `the short benchmark leaves the warm-up out`() {
        val result = benchmark.measure(0.0, { true })!!
        assertEquals(Benchmark.WARM_UP + Benchmark.RUNS, runs)
        assertEquals(Benchmark.RUNS, result.short.runs)
        assertEquals(20.0, result.short.percentile(0.5))
        assertEquals(emptyList<Interval>(), result.sustained)
    }

    @Test
    fun `the sustained one shows what warmth does`() {
        val told = mutableListOf<Interval>()
        val result = benchmark.measure(1.0, { true }, told::add)!!
        assertEquals(told, result.sustained)
        assertEquals(4, told.size)
        assertEquals(60.0, told.sumOf { it.seconds }, 0.2)
        assertEquals(20.0, told.first().p50)
        assertEquals(30.0, told.last().p50)
        assertEquals(2, told.last().thermal)
    }

    @Test
    fun `it stops where it is told to`() {
        assertNull(benchmark.measure(1.0, { runs < 3 }))
        assertEquals(3, runs)
        assertNull(benchmark.measure(5.0, { runs < 500 }))
        assertEquals(500, runs)
    }
}
