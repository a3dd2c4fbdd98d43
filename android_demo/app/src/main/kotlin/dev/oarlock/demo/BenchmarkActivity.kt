package dev.oarlock.demo

import android.app.Activity
import android.os.Bundle
import android.view.View
import android.view.WindowManager
import android.widget.Button
import android.widget.TextView
import dev.oarlock.NativeClassifier
import dev.oarlock.OarlockException
import dev.oarlock.Options
import dev.oarlock.demo.bench.Benchmark
import dev.oarlock.demo.bench.BenchmarkReport
import dev.oarlock.demo.bench.Interval
import dev.oarlock.demo.model.Choice
import java.io.File
import java.io.IOException

/**
 * How fast the model is on this phone, at once and when it gets warm. Writes bench.json to the app's external files.
 *
 * Extras, for `adb shell am start` on a debug build: "bundle", "variant", "threads", and "minutes" (a float), which
 * starts at once.
 */
class BenchmarkActivity : Activity() {
    @Volatile
    private var goOn = true

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        setContentView(R.layout.activity_benchmark)
        window.addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
        val application = application as DemoApplication
        val choice = intent.choice() ?: application.choices.load(application.bundles.list())
        if (choice == null) {
            say(getString(R.string.no_bundle))
            return
        }
        findViewById<Button>(R.id.run_short).setOnClickListener { start(application, choice, 0.0) }
        findViewById<Button>(R.id.run_sustained).setOnClickListener { start(application, choice, SUSTAINED_MINUTES) }
        if (intent.hasExtra(MINUTES)) start(application, choice, intent.getFloatExtra(MINUTES, 0f).toDouble())
    }

    override fun onDestroy() {
        goOn = false
        super.onDestroy()
    }

    private fun start(application: DemoApplication, choice: Choice, minutes: Double) {
        setButtons(false)
        findViewById<TextView>(R.id.intervals).text = ""
        say(getString(R.string.benchmark_running, choice.bundle))
        application.worker.execute {
            val text = try {
                measure(application, choice, minutes)
            } catch (failure: OarlockException) {
                failure.toString()
            } catch (failure: IOException) {
                failure.message ?: failure.toString()
            }
            runOnUiThread {
                say(text)
                setButtons(true)
            }
        }
    }

    /** The result in words. */
    private fun measure(application: DemoApplication, choice: Choice, minutes: Double): String {
        val options = Options(choice.variant, choice.threads, cacheDir)
        val begin = System.nanoTime()
        NativeClassifier.open(
            application.bundles.folder(choice.bundle),
            NativeClassifier.packagedEngine(this),
            options
        ).use {
            val opened = System.nanoTime() - begin
            val first = it.runAgain()
            val result = Benchmark(it::runAgain, thermal = ::thermalStatus)
                .measure(minutes, { goOn }) { interval -> runOnUiThread { show(interval) } }
                ?: return ""
            val report =
                BenchmarkReport(it.facts.name, it.variant, choice.threads, it.engineVersion, opened, first, result)
            getExternalFilesDir(null)?.let { folder -> File(folder, "bench.json").writeText(report.json()) }
            val short = result.short
            return getString(
                R.string.benchmark_result, report.name, report.variant, report.threads,
                short.percentile(
                    Benchmark.MEDIAN
                ),
                short.percentile(P90), short.runs, report.initMillis, report.firstMillis
            )
        }
    }

    private fun show(interval: Interval) {
        val thermal = interval.thermal?.let { resources.getStringArray(R.array.thermal_status).getOrNull(it) }
        findViewById<TextView>(R.id.intervals).append(
            getString(
                R.string.benchmark_interval,
                interval.seconds,
                interval.p50,
                thermal ?: getString(R.string.unknown)
            ) +
                "\n"
        )
    }

    private fun say(text: String) {
        findViewById<TextView>(R.id.result).text = text
    }

    private fun setButtons(enabled: Boolean) {
        for (id in listOf(R.id.run_short, R.id.run_sustained)) findViewById<View>(id).isEnabled = enabled
    }

    private companion object {
        const val MINUTES = "minutes"
        const val SUSTAINED_MINUTES = 5.0
        const val P90 = 0.9
    }
}
