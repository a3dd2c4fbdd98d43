package dev.oarlock

import android.graphics.ImageFormat
import android.media.Image
import java.nio.ByteBuffer

/** An Image of the platform over planes in memory, such as a camera gives. */
class PlaneImage(private val case: Fixtures.Case) : Image() {
    var closed = false
        private set

    private inner class CasePlane(private val plane: Fixtures.Plane) : Image.Plane() {
        override fun getRowStride() = plane.rowStride

        override fun getPixelStride() = plane.pixelStride

        override fun getBuffer(): ByteBuffer = plane.buffer.duplicate()
    }

    override fun getFormat() = ImageFormat.YUV_420_888

    override fun getWidth() = case.width

    override fun getHeight() = case.height

    override fun getTimestamp() = 0L

    override fun getTransform() = 0

    override fun getScalingMode() = 0

    override fun getPlanes(): Array<Image.Plane> = case.planes.map { CasePlane(it) }.toTypedArray()

    override fun close() {
        closed = true
    }
}
