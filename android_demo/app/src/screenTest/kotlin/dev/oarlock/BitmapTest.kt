package dev.oarlock

import android.graphics.Bitmap
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/** Bitmaps of the platform through [NativeClassifier], to the bit of what Python says of the same pixels. */
@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(sdk = [33])
class BitmapTest {
    @Test
    fun `bitmaps of any configuration answer as Python does`() = Fixtures.open().use { classifier ->
        val tight = Fixtures.cases.filter { it.format == FrameFormat.RGBA && it.planes[0].rowStride == 4 * it.width }
        assertEquals(2, tight.size)
        for (case in tight) {
            val bitmap = Bitmap.createBitmap(case.width, case.height, Bitmap.Config.ARGB_8888)
            bitmap.copyPixelsFromBuffer(case.planes[0].buffer.duplicate())
            for (config in listOf(Bitmap.Config.ARGB_8888, Bitmap.Config.RGBA_F16)) {
                val answer = classifier.classify(bitmap.copy(config, false))
                assertEquals(case.ids, answer.best.map { it.classId })
                assertEquals(case.scoreBits, answer.best.map { it.score.toRawBits() })
                assertArrayEquals(case.logits(), classifier.rawOutput(), 0f)
            }
        }
    }
}
