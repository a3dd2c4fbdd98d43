package dev.oarlock.demo.ui

import android.app.Activity
import android.view.View
import android.widget.Button
import android.widget.TextView
import dev.oarlock.demo.R
import dev.oarlock.demo.camera.CameraView

/** What stands where the camera's picture should be, with a button where there is something to do. Main thread. */
class CameraPanel(
    private val activity: Activity,
    private val onAllow: () -> Unit,
    private val onSettings: () -> Unit,
    private val onRetry: () -> Unit
) {
    fun show(view: CameraView) {
        when (view) {
            CameraView.Live -> hide()

            CameraView.Preparing -> show(activity.getString(R.string.camera_preparing))

            CameraView.NoCamera -> show(activity.getString(R.string.no_camera))

            CameraView.TakenAway -> show(activity.getString(R.string.camera_taken))

            is CameraView.Failed ->
                show(activity.getString(R.string.camera_failed, view.reason), R.string.retry, onRetry)

            is CameraView.AskPermission ->
                if (view.inSettings) {
                    show(activity.getString(R.string.permission_in_settings), R.string.open_settings, onSettings)
                } else {
                    show(activity.getString(R.string.permission_why), R.string.allow_camera, onAllow)
                }
        }
    }

    fun hide() {
        activity.findViewById<View>(R.id.panel).visibility = View.GONE
    }

    private fun show(text: String, buttonText: Int? = null, onPress: () -> Unit = {}) {
        activity.findViewById<View>(R.id.panel).visibility = View.VISIBLE
        activity.findViewById<TextView>(R.id.panel_text).text = text
        activity.findViewById<Button>(R.id.panel_button).apply {
            visibility = if (buttonText == null) View.GONE else View.VISIBLE
            buttonText?.let(::setText)
            setOnClickListener { onPress() }
        }
    }
}
