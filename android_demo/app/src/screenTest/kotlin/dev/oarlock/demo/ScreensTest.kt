package dev.oarlock.demo

import android.app.Activity
import android.graphics.Bitmap
import android.graphics.Canvas
import android.view.View
import android.widget.ProgressBar
import android.widget.TextView
import dev.oarlock.demo.model.LiveView
import dev.oarlock.demo.model.ScoreLine
import dev.oarlock.demo.ui.ScorePanel
import java.io.File
import org.junit.Assert.assertEquals
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/** Renders the screens with the platform's own text and drawing code, and looks whether words fit and parts overlap. */
@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(sdk = [33], application = DemoApplication::class)
class ScreensTest {
    private val folder = File(System.getProperty("oarlock.screens")!!)

    @Before
    fun makeFolder() {
        folder.mkdirs()
    }

    private fun <T : Activity> screen(kind: Class<T>, qualifiers: String, name: String, prepare: (T) -> Unit = {}): T {
        RuntimeEnvironment.setQualifiers(qualifiers)
        val activity = Robolectric.buildActivity(kind).setup().get()
        prepare(activity)
        val root = activity.window.decorView
        val metrics = activity.resources.displayMetrics
        fun exactly(size: Int) = View.MeasureSpec.makeMeasureSpec(size, View.MeasureSpec.EXACTLY)
        root.measure(exactly(metrics.widthPixels), exactly(metrics.heightPixels))
        root.layout(0, 0, metrics.widthPixels, metrics.heightPixels)
        val bitmap = Bitmap.createBitmap(metrics.widthPixels, metrics.heightPixels, Bitmap.Config.ARGB_8888)
        root.draw(Canvas(bitmap))
        File(folder, "$name.png").outputStream().use { bitmap.compress(Bitmap.CompressFormat.PNG, 100, it) }
        return activity
    }

    private fun showAnswer(activity: MainActivity) {
        activity.findViewById<View>(R.id.panel).visibility = View.GONE
        activity.findViewById<TextView>(R.id.status).text =
            activity.getString(R.string.model_ready, "efficientnet_lite0", "arm64-fp32", 2)
        val lines = listOf(ScoreLine("tiger cat", 41), ScoreLine("Egyptian cat", 33), ScoreLine("tabby", 17))
        ScorePanel(activity).show(LiveView(lines, 31.4, 24.8))
    }

    @Test
    fun `main screens of both themes, both languages, both orientations`() {
        screen(MainActivity::class.java, PORTRAIT, "main-light", ::showAnswer)
        screen(MainActivity::class.java, "zh-w360dp-h780dp-port-night-xhdpi", "main-dark-zh", ::showAnswer)
        screen(MainActivity::class.java, "w780dp-h360dp-land-xhdpi", "main-land", ::showAnswer)
        val activity = screen(MainActivity::class.java, PORTRAIT, "main-no-camera")
        assertEquals(activity.getString(R.string.no_camera), activity.findViewById<TextView>(R.id.panel_text).text)
    }

    @Test
    fun `a screen reader hears each line as a sentence`() {
        val activity = screen(MainActivity::class.java, PORTRAIT, "spoken", ::showAnswer)
        assertEquals("tiger cat: 41 %", activity.findViewById<View>(R.id.score_1).contentDescription)
        assertEquals(41, activity.findViewById<View>(R.id.score_1).findViewById<ProgressBar>(R.id.bar).progress)
    }

    @Test
    fun `self-test and benchmark`() {
        screen(SelftestActivity::class.java, PORTRAIT, "selftest") {
            it.findViewById<TextView>(R.id.verdict).setText(R.string.selftest_passed)
            it.findViewById<TextView>(R.id.sentence).text =
                "arm64-fp32 answers as the reference did: largest error 1.3e-06"
        }
        screen(BenchmarkActivity::class.java, PORTRAIT, "benchmark") {
            it.findViewById<TextView>(R.id.result).text =
                it.getString(R.string.benchmark_result, "lite0", "arm64-fp32", 2, 31.4, 33.9, 50, 120.0, 58.0)
            it.findViewById<TextView>(R.id.intervals).text =
                it.getString(R.string.benchmark_interval, 15.0, 32.0, "none")
        }
    }

    private companion object {
        const val PORTRAIT = "w360dp-h780dp-port-xhdpi"
    }
}
