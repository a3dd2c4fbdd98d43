package dev.oarlock.demo.model

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

class PictureReaderTest {
    @Test
    fun `EXIF orientations are those of the Python runtime`() {
        val expected = mapOf(
            1 to (0 to false), 2 to (0 to true), 3 to (180 to false), 4 to (180 to true),
            5 to (90 to true), 6 to (90 to false), 7 to (270 to true), 8 to (270 to false), 0 to (0 to false)
        )
        for ((orientation, upright) in expected) {
            assertEquals(
                upright,
                PictureReader.upright(orientation),
                "$orientation"
            )
        }
    }

    @Test
    fun `large pictures are halved until they fit`() {
        assertEquals(1, PictureReader.sampleSize(4096, 3072, 4096))
        assertEquals(2, PictureReader.sampleSize(4097, 100, 4096))
        assertEquals(4, PictureReader.sampleSize(100, 12_000, 4096))
    }
}
