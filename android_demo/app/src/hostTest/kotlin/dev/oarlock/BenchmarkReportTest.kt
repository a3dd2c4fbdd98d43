package dev.oarlock

import dev.oarlock.demo.bench.BenchmarkReport
import dev.oarlock.demo.bench.BenchmarkResult
import dev.oarlock.demo.bench.Interval
import dev.oarlock.demo.bench.Statistics
import org.json.JSONObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class BenchmarkReportTest {
    @Test
    fun `bench json has every figure`() {
        val result =
            BenchmarkResult(Statistics(LongArray(10) { (it + 1) * 1_000_000L }), listOf(Interval(15.0, 5.0, null)))
        val json = JSONObject(BenchmarkReport("m", "arm64-fp32", 2, "2.12", 40_000_000, 9_000_000, result).json())
        val run = json.getJSONArray("runs").getJSONObject(0)
        val names = listOf("threads", "init_ms", "first_ms", "runs", "p50_ms", "p90_ms", "p99_ms", "mean_ms")
        assertEquals(listOf(2.0, 40.0, 9.0, 10.0, 5.0, 9.0, 10.0, 5.5), names.map(run::getDouble))
        assertTrue(json.getJSONArray("sustained").getJSONObject(0).isNull("thermal_status"))
    }
}
