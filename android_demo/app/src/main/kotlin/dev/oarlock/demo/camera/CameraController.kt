package dev.oarlock.demo.camera

import android.annotation.SuppressLint
import android.graphics.ImageFormat
import android.hardware.camera2.CameraAccessException
import android.hardware.camera2.CameraCaptureSession
import android.hardware.camera2.CameraDevice
import android.hardware.camera2.CameraManager
import android.hardware.camera2.CaptureRequest
import android.hardware.camera2.params.OutputConfiguration
import android.hardware.camera2.params.SessionConfiguration
import android.media.Image
import android.media.ImageReader
import android.os.Build
import android.os.Handler
import android.os.HandlerThread
import android.os.Looper
import android.view.Surface
import java.util.concurrent.Executor

/**
 * Camera2 behind [CameraMachine]: carries out its commands and tells it what came of them. Main thread, but for
 * [onImage], which is called on the camera's own and owns the image it is given.
 *
 * Closing the camera takes the memory of its images away, also from a native function that reads one. So whoever keeps
 * an image beyond [onImage] does so on [frames], which runs one thing after another, and there the images are freed.
 *
 * [preview] is asked for its surface when the camera is open. [viewChanged] is called after every event.
 */
class CameraController(
    private val manager: CameraManager,
    val choice: CameraChoice?,
    private val preview: () -> Surface?,
    private val frames: Executor,
    private val onImage: (Image) -> Unit,
    private val viewChanged: (CameraView) -> Unit
) {
    private val machine = CameraMachine()
    private val main = Handler(Looper.getMainLooper())
    private val mainExecutor = Executor(main::post)
    private var thread: HandlerThread? = null
    private var reader: ImageReader? = null
    private var device: CameraDevice? = null

    /** Counts openings, so that what a device says after it was closed is not taken for the next one's. */
    private var opening = 0

    private val availability = object : CameraManager.AvailabilityCallback() {
        override fun onCameraAvailable(cameraId: String) {
            if (cameraId == choice?.id) send(CameraEvent.Available)
        }
    }

    fun start(permitted: Boolean) {
        manager.registerAvailabilityCallback(availability, main)
        send(CameraEvent.Started(permitted, present = choice != null))
    }

    fun stop() {
        manager.unregisterAvailabilityCallback(availability)
        send(CameraEvent.Stopped)
    }

    fun send(event: CameraEvent) {
        for (command in machine.handle(event)) {
            when (command) {
                CameraCommand.OPEN -> open()
                CameraCommand.START_PREVIEW -> startPreview()
                CameraCommand.CLOSE -> close()
            }
        }
        viewChanged(machine.view)
    }

    // The machine asks for it only once the permission was given.
    @SuppressLint("MissingPermission")
    private fun open() {
        val camera = choice ?: return
        val number = ++opening
        fun report(event: CameraEvent) {
            if (number == opening) send(event)
        }
        val callback = object : CameraDevice.StateCallback() {
            override fun onOpened(opened: CameraDevice) {
                if (number != opening) {
                    opened.close()
                    return
                }
                device = opened
                send(CameraEvent.Opened)
            }

            override fun onDisconnected(lost: CameraDevice) {
                lost.close()
                report(CameraEvent.TakenAway)
            }

            override fun onError(failed: CameraDevice, error: Int) {
                failed.close()
                report(if (isTaken(error)) CameraEvent.TakenAway else CameraEvent.Failed("Camera2 error $error"))
            }
        }
        try {
            manager.openCamera(camera.id, callback, main)
        } catch (failure: CameraAccessException) {
            main.post { report(eventOf(failure)) }
        } catch (failure: SecurityException) {
            // The permission was taken back in the system's settings this very moment.
            main.post { report(CameraEvent.PermissionDenied(final = false)) }
        }
    }

    private fun startPreview() {
        val camera = choice ?: return
        val opened = device ?: return
        val surface = preview() ?: return
        val images = HandlerThread("oarlock-camera").also { it.start() }
        thread = images
        val source = ImageReader.newInstance(
            camera.analysed.width,
            camera.analysed.height,
            ImageFormat.YUV_420_888,
            MAX_IMAGES
        )
        reader = source
        source.setOnImageAvailableListener({ it.acquireLatestImage()?.let(onImage) }, Handler(images.looper))
        try {
            val request = opened.createCaptureRequest(CameraDevice.TEMPLATE_PREVIEW).apply {
                addTarget(surface)
                addTarget(source.surface)
                set(CaptureRequest.CONTROL_AF_MODE, CaptureRequest.CONTROL_AF_MODE_CONTINUOUS_PICTURE)
            }.build()
            createSession(opened, listOf(surface, source.surface), sessionCallback(request))
        } catch (failure: CameraAccessException) {
            send(eventOf(failure))
        } catch (failure: IllegalArgumentException) {
            // The surface went away between the two calls.
            send(CameraEvent.Failed(failure.message ?: "the preview's surface is gone"))
        }
    }

    private fun sessionCallback(request: CaptureRequest): CameraCaptureSession.StateCallback {
        val number = opening
        return object : CameraCaptureSession.StateCallback() {
            override fun onConfigured(session: CameraCaptureSession) {
                if (number != opening) return
                try {
                    session.setRepeatingRequest(request, null, null)
                } catch (failure: CameraAccessException) {
                    send(eventOf(failure))
                } catch (_: IllegalStateException) {
                    // The device was closed meanwhile; its own callback says so.
                }
            }

            override fun onConfigureFailed(session: CameraCaptureSession) {
                if (number == opening) send(CameraEvent.Failed("the camera takes no preview of this size"))
            }
        }
    }

    private fun createSession(
        opened: CameraDevice,
        targets: List<Surface>,
        callback: CameraCaptureSession.StateCallback
    ) {
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.P) {
            val outputs = targets.map(::OutputConfiguration)
            opened.createCaptureSession(
                SessionConfiguration(SessionConfiguration.SESSION_REGULAR, outputs, mainExecutor, callback)
            )
        } else {
            @Suppress("DEPRECATION")
            opened.createCaptureSession(targets, callback, main)
        }
    }

    private fun close() {
        opening++
        device?.close()
        device = null
        thread?.quitSafely()
        thread = null
        reader?.let { frames.execute(it::close) }
        reader = null
    }

    private companion object {
        /** One at work, one just acquired to be dropped, two for the camera to write to. */
        const val MAX_IMAGES = 4

        fun isTaken(error: Int) = error == CameraDevice.StateCallback.ERROR_CAMERA_IN_USE ||
            error == CameraDevice.StateCallback.ERROR_MAX_CAMERAS_IN_USE

        fun eventOf(failure: CameraAccessException): CameraEvent = when (failure.reason) {
            CameraAccessException.CAMERA_IN_USE,
            CameraAccessException.MAX_CAMERAS_IN_USE,
            CameraAccessException.CAMERA_DISCONNECTED
            -> CameraEvent.TakenAway

            else -> CameraEvent.Failed(failure.message ?: "CameraAccessException ${failure.reason}")
        }
    }
}
