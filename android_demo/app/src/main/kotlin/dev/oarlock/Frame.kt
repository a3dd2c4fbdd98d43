package dev.oarlock

import java.nio.ByteBuffer

/** How a camera maps light to YUV. The wrong choice washes colours out or clips them. */
enum class YuvRange(internal val code: Int) {
    /** 0 to 255: JPEG's, and what Android documents for YUV_420_888. */
    FULL(1),

    /** Luma 16 to 235, chroma 16 to 240: video's. */
    LIMITED(2)
}

/** What lies in memory, and how; the numbers are those of oar_frame_format. */
enum class FrameFormat(internal val code: Int, internal val planes: Int) {
    NV21(0, 2),
    YUV_420_888(3, 3),
    RGB(5, 1),
    RGBA(7, 1)
}

/**
 * Pixels for [NativeClassifier.classify], described and not copied. Fill it, classify, fill it again: an instance is
 * made once and serves any number of frames, so that a camera makes no garbage. One thread at a time.
 *
 * Every buffer must be direct. A plane is what lies between its buffer's position and limit.
 */
class Frame {
    internal val numbers = IntArray(6)
    internal val buffers = arrayOfNulls<ByteBuffer>(PLANES)
    internal val layout = LongArray(PLANES * NUMBERS_PER_PLANE)

    /**
     * [width] and [height] are pixels as they lie in memory. The picture is upright once it is turned clockwise by
     * [rotation] degrees (0, 90, 180, 270) and then, with [mirror], left and right are exchanged. [range] is null for
     * RGB and RGBA, and must be given for the others.
     */
    fun describe(
        format: FrameFormat,
        width: Int,
        height: Int,
        rotation: Int = 0,
        mirror: Boolean = false,
        range: YuvRange? = null
    ): Frame {
        numbers[0] = format.code
        numbers[1] = width
        numbers[2] = height
        numbers[3] = rotation
        numbers[4] = if (mirror) 1 else 0
        numbers[5] = range?.code ?: 0
        for (index in format.planes until PLANES) buffers[index] = null
        return this
    }

    /** Plane [index]: bytes from a row to the next, and from a pixel or sample of a row to the next. */
    fun plane(index: Int, buffer: ByteBuffer, rowStride: Int, pixelStride: Int): Frame {
        buffers[index] = buffer
        val at = index * NUMBERS_PER_PLANE
        layout[at] = buffer.position().toLong()
        layout[at + 1] = buffer.remaining().toLong()
        layout[at + 2] = rowStride.toLong()
        layout[at + 3] = pixelStride.toLong()
        return this
    }

    /** Forgets the buffers, which may belong to an Image that is about to be closed. */
    internal fun release() = buffers.fill(null)

    private companion object {
        const val PLANES = 3
        const val NUMBERS_PER_PLANE = 4
    }
}
