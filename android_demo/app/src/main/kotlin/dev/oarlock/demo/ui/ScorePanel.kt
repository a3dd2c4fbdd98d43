package dev.oarlock.demo.ui

import android.app.Activity
import android.view.View
import android.widget.ProgressBar
import android.widget.TextView
import dev.oarlock.demo.R
import dev.oarlock.demo.model.LiveView

/** The lower part of the main screen: three lines with bars, the rate and the time. Main thread. */
class ScorePanel(private val activity: Activity) {
    private val rows = listOf(R.id.score_1, R.id.score_2, R.id.score_3).map { activity.findViewById<View>(it) }
    private val speed = activity.findViewById<TextView>(R.id.speed)

    fun show(view: LiveView) {
        rows.forEachIndexed { index, row ->
            val line = view.lines.getOrNull(index)
            row.visibility = if (line == null) View.INVISIBLE else View.VISIBLE
            if (line != null) {
                val percent = activity.getString(R.string.percent, line.percent)
                row.findViewById<TextView>(R.id.name).text = line.name
                row.findViewById<TextView>(R.id.percent).text = percent
                row.findViewById<ProgressBar>(R.id.bar).progress = line.percent
                // One sentence for a screen reader, in place of three parts.
                row.contentDescription = activity.getString(R.string.score_spoken, line.name, percent)
            }
        }
        speed.text = view.error ?: speedOf(view)
    }

    private fun speedOf(view: LiveView): String = when {
        view.lines.isEmpty() -> ""
        view.framesPerSecond > 0 -> activity.getString(R.string.speed_live, view.inferenceMillis, view.framesPerSecond)
        else -> activity.getString(R.string.speed_picture, view.inferenceMillis)
    }
}
