package dev.oarlock.demo.camera

import android.graphics.ImageFormat
import android.hardware.camera2.CameraAccessException
import android.hardware.camera2.CameraCharacteristics
import android.hardware.camera2.CameraManager
import android.view.SurfaceHolder

/** The camera to use, with all that is fixed about it. */
class CameraChoice(
    val id: String,
    val front: Boolean,
    val sensorOrientation: Int,
    val analysed: Pixels,
    val preview: Pixels
) {
    companion object {
        /** Models look at 224 to 320 pixels, of which the crop leaves seven eighths or so. */
        private const val LEAST_SHORT_SIDE = 480
        private const val MOST_PREVIEW_SIDE = 1920

        /**
         * A camera at the back, else any other; null for a device without one that gives YUV_420_888, and where the
         * system lets nobody ask.
         */
        fun find(manager: CameraManager): CameraChoice? = try {
            val cameras = manager.cameraIdList.mapNotNull { describe(it, manager.getCameraCharacteristics(it)) }
            cameras.firstOrNull { !it.front } ?: cameras.firstOrNull()
        } catch (_: CameraAccessException) {
            null
        }

        private fun describe(id: String, facts: CameraCharacteristics): CameraChoice? {
            val sizes = facts.get(CameraCharacteristics.SCALER_STREAM_CONFIGURATION_MAP) ?: return null
            val analysed = CameraGeometry.analysisSize(
                sizes.getOutputSizes(ImageFormat.YUV_420_888).orEmpty().map { Pixels(it.width, it.height) },
                LEAST_SHORT_SIDE
            ) ?: return null
            return CameraChoice(
                id = id,
                front = facts.get(CameraCharacteristics.LENS_FACING) == CameraCharacteristics.LENS_FACING_FRONT,
                sensorOrientation = facts.get(CameraCharacteristics.SENSOR_ORIENTATION) ?: 0,
                analysed = analysed,
                preview = CameraGeometry.previewSize(
                    sizes.getOutputSizes(SurfaceHolder::class.java).orEmpty().map { Pixels(it.width, it.height) },
                    analysed,
                    MOST_PREVIEW_SIDE
                )
            )
        }
    }
}
