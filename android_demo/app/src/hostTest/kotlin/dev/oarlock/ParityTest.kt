package dev.oarlock

import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.Tag
import org.junit.jupiter.api.TestFactory
import org.junit.jupiter.api.TestInstance

/** The same bits as the Python runtime, through the real core and the real Paddle Lite. */
@Tag("native")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ParityTest {
    private val classifier = Fixtures.open()
    private val frame = Frame()

    @AfterAll
    fun close() = classifier.close()

    private fun check(case: Fixtures.Case, answer: Answer) {
        assertEquals(case.ids, answer.best.map { it.classId })
        assertEquals(case.labels, answer.best.map { it.label })
        assertEquals(case.scoreBits, answer.best.map { it.score.toRawBits() })
        assertArrayEquals(case.logits(), classifier.rawOutput(), 0f)
    }

    @TestFactory
    fun frames(): List<DynamicTest> = Fixtures.cases.map { case ->
        dynamicTest(case.name) { check(case, classifier.classify(case.describe(frame))) }
    }

    /** What the app calls with a camera's image, whose planes lie as the device wants. */
    @TestFactory
    fun images(): List<DynamicTest> = Fixtures.cases.filter { it.format == FrameFormat.YUV_420_888 }.map { case ->
        dynamicTest("image ${case.name}") {
            val image = PlaneImage(case)
            check(case, classifier.classify(image, case.rotation, case.mirror, case.range!!))
            assertFalse(image.closed, "it is the caller's")
        }
    }
}
