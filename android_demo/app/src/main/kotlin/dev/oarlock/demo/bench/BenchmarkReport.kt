package dev.oarlock.demo.bench

import org.json.JSONArray
import org.json.JSONObject

/** A benchmark with all that was measured, for bench.json. */
class BenchmarkReport(
    val name: String,
    val variant: String,
    val threads: Int,
    private val engineVersion: String,
    initNanos: Long,
    firstNanos: Long,
    private val result: BenchmarkResult
) {
    /** Opening bundle and model. */
    val initMillis = initNanos / NANOS_PER_MILLI

    /** The first run, in which the engine prepares its weights. */
    val firstMillis = firstNanos / NANOS_PER_MILLI

    /** The figures, by the names of docs/schema/bench.schema.json where that has them. */
    fun json(): String {
        val short = result.short
        val run = JSONObject()
            .put("threads", threads)
            .put("init_ms", initMillis)
            .put("first_ms", firstMillis)
            .put("warmup", Benchmark.WARM_UP)
            .put("runs", short.runs)
            .put("p50_ms", short.percentile(Benchmark.MEDIAN))
            .put("p90_ms", short.percentile(P90))
            .put("p99_ms", short.percentile(P99))
            .put("mean_ms", short.mean)
            .put("min_ms", short.min)
            .put("max_ms", short.max)
        val sustained = result.sustained.map {
            JSONObject().put("seconds", it.seconds).put("p50_ms", it.p50).put(
                "thermal_status",
                it.thermal ?: JSONObject.NULL
            )
        }
        return JSONObject()
            .put("ok", true)
            .put("bundle", name)
            .put("variant", variant)
            .put("engine", engineVersion)
            .put("runs", JSONArray().put(run))
            .put("sustained", JSONArray(sustained))
            .toString(2)
    }

    private companion object {
        const val NANOS_PER_MILLI = 1e6
        const val P90 = 0.9
        const val P99 = 0.99
    }
}
