package dev.oarlock.demo

import android.app.Activity
import android.os.Bundle
import android.widget.ProgressBar
import android.widget.TextView
import dev.oarlock.NativeClassifier
import dev.oarlock.OarlockException
import dev.oarlock.Options
import dev.oarlock.Selftest
import dev.oarlock.SelftestResult
import dev.oarlock.demo.model.Choice
import java.io.File
import java.io.IOException

/**
 * Whether this phone answers as the reference did. Shows the verdict in the core's words, and writes the whole of it to
 * selftest.json in the app's external files, from where `adb pull` takes it.
 *
 * Extras, for `adb shell am start` on a debug build: "bundle", "variant", "threads"; else what was chosen last.
 */
class SelftestActivity : Activity() {
    @Volatile
    private var goOn = true

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        setContentView(R.layout.activity_selftest)
        val application = application as DemoApplication
        val choice = intent.choice() ?: application.choices.load(application.bundles.list())
        if (choice == null) {
            show(getString(R.string.no_bundle), "")
            return
        }
        show(getString(R.string.selftest_running, choice.bundle), "")
        application.worker.execute { run(application, choice) }
    }

    override fun onDestroy() {
        goOn = false
        super.onDestroy()
    }

    private fun run(application: DemoApplication, choice: Choice) {
        try {
            val result = Selftest.run(
                application.bundles.folder(choice.bundle),
                NativeClassifier.packagedEngine(this),
                Options(choice.variant, choice.threads, cacheDir),
                ::showProgress
            ) ?: return
            getExternalFilesDir(null)?.let { File(it, "selftest.json").writeText(result.json) }
            runOnUiThread { showResult(result) }
        } catch (failure: OarlockException) {
            runOnUiThread { show(getString(R.string.selftest_impossible), failure.toString()) }
        } catch (failure: IOException) {
            runOnUiThread { show(getString(R.string.selftest_impossible), failure.message ?: failure.toString()) }
        }
    }

    private fun showProgress(done: Int, total: Int, case: String): Boolean {
        runOnUiThread {
            findViewById<ProgressBar>(R.id.progress).apply {
                max = total
                progress = done
            }
            findViewById<TextView>(R.id.sentence).text = getString(R.string.selftest_case, done + 1, total, case)
        }
        return goOn
    }

    private fun showResult(result: SelftestResult) {
        findViewById<ProgressBar>(R.id.progress).apply { progress = max }
        show(getString(if (result.passed) R.string.selftest_passed else R.string.selftest_failed), result.sentence)
    }

    private fun show(verdict: String, sentence: String) {
        findViewById<TextView>(R.id.verdict).text = verdict
        findViewById<TextView>(R.id.sentence).text = sentence
    }
}
