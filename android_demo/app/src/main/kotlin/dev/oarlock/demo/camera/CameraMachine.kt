package dev.oarlock.demo.camera

/** What happened to the camera, its surface, its permission or its screen. */
sealed interface CameraEvent {
    /** The screen is visible. [permitted]: the app may use the camera. [present]: this device has one. */
    data class Started(val permitted: Boolean, val present: Boolean) : CameraEvent

    /** The screen is no longer visible: another app, another window, rotation. */
    data object Stopped : CameraEvent

    data object PermissionGranted : CameraEvent

    /** [final]: the system will not ask again; only its settings can change it. */
    data class PermissionDenied(val final: Boolean) : CameraEvent

    data object SurfaceReady : CameraEvent

    data object SurfaceLost : CameraEvent

    /** The device is open. */
    data object Opened : CameraEvent

    /** Another app, or the system, took the camera. */
    data object TakenAway : CameraEvent

    /** Nobody uses the camera any more. */
    data object Available : CameraEvent

    data class Failed(val reason: String) : CameraEvent

    /** The user wants it tried once more. */
    data object Retry : CameraEvent
}

/** What is to be done about it. */
enum class CameraCommand { OPEN, START_PREVIEW, CLOSE }

/** What the user sees where the camera's picture should be. */
sealed interface CameraView {
    data object Preparing : CameraView

    data object Live : CameraView

    /** An explanation and a button: the system's question is asked when it is pressed, and not out of the blue. */
    data class AskPermission(val inSettings: Boolean) : CameraView

    data object NoCamera : CameraView

    data object TakenAway : CameraView

    data class Failed(val reason: String) : CameraView
}

/**
 * When to open and close the camera. It holds facts, and follows from them: the device is open exactly while the screen
 * is visible, the permission given, a surface there and nothing wrong. So no order of events can leave it open in the
 * background, or closed on a screen that could show it.
 *
 * Plain Kotlin, one thread at a time (the main one). Events of a device that was closed meanwhile must not come here;
 * [Opened][CameraEvent.Opened] is the exception, since opening cannot be called off.
 */
class CameraMachine {
    private enum class Device { CLOSED, OPENING, OPEN }

    private var visible = false
    private var permitted = false
    private var deniedForGood = false
    private var present = true
    private var surface = false
    private var device = Device.CLOSED
    private var problem: CameraView? = null

    val view: CameraView
        get() = when {
            !present -> CameraView.NoCamera
            !permitted -> CameraView.AskPermission(deniedForGood)
            else -> problem ?: if (device == Device.OPEN) CameraView.Live else CameraView.Preparing
        }

    /** Takes note of [event] and returns what is to be done, in order. */
    fun handle(event: CameraEvent): List<CameraCommand> {
        note(event)
        if (event == CameraEvent.Opened) return opened()
        val wanted = visible && permitted && present && surface && problem == null
        return when {
            wanted && device == Device.CLOSED -> listOf(CameraCommand.OPEN).also { device = Device.OPENING }
            !wanted && device != Device.CLOSED -> listOf(CameraCommand.CLOSE).also { device = Device.CLOSED }
            else -> emptyList()
        }
    }

    private fun note(event: CameraEvent) {
        when (event) {
            is CameraEvent.Started -> {
                visible = true
                permitted = event.permitted
                present = event.present
                problem = null
            }

            CameraEvent.Stopped -> visible = false

            CameraEvent.PermissionGranted -> permitted = true

            is CameraEvent.PermissionDenied -> {
                permitted = false
                deniedForGood = event.final
            }

            CameraEvent.SurfaceReady -> surface = true

            CameraEvent.SurfaceLost -> surface = false

            CameraEvent.Opened -> Unit

            CameraEvent.TakenAway -> problem = CameraView.TakenAway

            CameraEvent.Available -> if (problem == CameraView.TakenAway) problem = null

            is CameraEvent.Failed -> problem = CameraView.Failed(event.reason)

            CameraEvent.Retry -> problem = null
        }
    }

    private fun opened(): List<CameraCommand> {
        if (device != Device.OPENING) return listOf(CameraCommand.CLOSE)
        device = Device.OPEN
        return listOf(CameraCommand.START_PREVIEW)
    }
}
