package dev.oarlock

import java.io.File
import java.nio.ByteBuffer
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Tag
import org.junit.jupiter.api.Test

/** Engines that misbehave, by the fake one of native/fake, which OARLOCK_FAKE_FAILURE tells how. */
@Tag("fake")
class NonsenseTest {
    private val expected: String = System.getProperty("oarlock.fake.code")!!

    @Test
    fun `what the engine gets wrong is an exception and no answer`() {
        val bundle = File(System.getProperty("oarlock.fake.bundle")!!)
        val engine = File(System.getProperty("oarlock.fake.engine")!!)
        NativeClassifier.open(bundle, engine).use { classifier ->
            val pixels = ByteBuffer.allocateDirect(10 * 10 * 3)
            val frame = Frame().describe(FrameFormat.RGB, 10, 10).plane(0, pixels, 30, 3)
            repeat(2) {
                val failure = assertThrows(OarlockException::class.java) { classifier.classify(frame) }
                assertEquals(expected, failure.code)
                assertTrue(failure.message!!.isNotEmpty())
            }
        }
    }
}
