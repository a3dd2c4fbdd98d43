package dev.oarlock.demo.camera

import kotlin.math.abs

/** Width and height in pixels. */
data class Pixels(val width: Int, val height: Int) {
    val shortSide: Int get() = minOf(width, height)
    val ratio: Double get() = maxOf(width, height).toDouble() / shortSide
}

/** How a camera's picture lies, and which of its sizes to take. */
object CameraGeometry {
    private const val TURN = 360
    private const val RATIO_TOLERANCE = 0.02

    /**
     * Degrees clockwise that make a frame upright on the screen: CameraCharacteristics' sensor orientation against the
     * display's rotation, which counts the other way round for a camera that faces the user.
     */
    fun rotation(sensorOrientation: Int, displayDegrees: Int, front: Boolean): Int {
        val display = if (front) -displayDegrees else displayDegrees
        return (sensorOrientation - display + TURN) % TURN
    }

    /**
     * The smallest of [sizes] that a model loses nothing by, with a short side of at least [least] pixels; the largest
     * where all are smaller. null only for no sizes.
     */
    fun analysisSize(sizes: List<Pixels>, least: Int): Pixels? =
        sizes.filter { it.shortSide >= least }.minByOrNull { it.width.toLong() * it.height }
            ?: sizes.maxByOrNull { it.width.toLong() * it.height }

    /**
     * The largest of [sizes] with the proportions of the analysed frames, so that what is seen is what is classified,
     * and a long side of at most [most] pixels; the analysed size itself where there is none.
     */
    fun previewSize(sizes: List<Pixels>, analysed: Pixels, most: Int): Pixels =
        sizes.filter { maxOf(it.width, it.height) <= most && abs(it.ratio - analysed.ratio) < RATIO_TOLERANCE }
            .maxByOrNull { it.width.toLong() * it.height } ?: analysed

    /** The largest size of [picture]'s proportions, turned by [rotation], that fits into [room]. */
    fun fit(picture: Pixels, rotation: Int, room: Pixels): Pixels {
        val turned = if (rotation % 180 == 0) picture else Pixels(picture.height, picture.width)
        val widthAtFullHeight = (room.height.toLong() * turned.width / turned.height).toInt()
        return if (widthAtFullHeight <= room.width) {
            Pixels(widthAtFullHeight, room.height)
        } else {
            Pixels(room.width, (room.width.toLong() * turned.height / turned.width).toInt())
        }
    }
}
