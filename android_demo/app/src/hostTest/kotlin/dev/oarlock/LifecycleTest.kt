package dev.oarlock

import java.io.File
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executors
import java.util.concurrent.Future
import java.util.concurrent.TimeUnit
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Tag
import org.junit.jupiter.api.Test

@Tag("native")
class LifecycleTest {
    private val case = Fixtures.cases.first()

    @Test
    fun `says what it is`() = Fixtures.open().use {
        assertEquals(Fixtures.variant, it.variant)
        assertEquals("2.12", it.engineVersion)
        assertTrue(Fixtures.variant in it.facts.variants)
        assertEquals(File(Fixtures.bundle, "bundle.json").readText().let(BundleFacts.Companion::parse), it.facts)
    }

    @Test
    fun `close while pictures are classified waits, and what comes later is refused`() {
        repeat(10) { round ->
            val classifier = Fixtures.open()
            val pool = Executors.newFixedThreadPool(2)
            val running = CountDownLatch(2)
            val answers: List<Future<Int>> = List(2) {
                pool.submit<Int> {
                    val frame = case.describe(Frame())
                    var count = 0
                    running.countDown()
                    try {
                        while (true) {
                            assertEquals(case.ids, classifier.classify(frame).best.map(Prediction::classId))
                            count++
                        }
                    } catch (closed: OarlockException) {
                        assertEquals("OAR-CLOSED", closed.code)
                    }
                    count
                }
            }
            running.await()
            Thread.sleep(20L + 11 * round)
            classifier.close()
            classifier.close()
            pool.shutdown()
            assertTrue(pool.awaitTermination(60, TimeUnit.SECONDS))
            answers.forEach { it.get() }
            assertThrows(OarlockException::class.java) { classifier.runAgain() }
        }
    }

    @Test
    fun `a corrupt bundle gives the core's sentence`() {
        val failure =
            assertThrows(OarlockException::class.java) { NativeClassifier.open(Fixtures.corrupt, Fixtures.engine) }
        assertEquals(Fixtures.corruptCode, failure.code)
        assertEquals(Fixtures.corruptMessage, failure.message)
    }

    @Test
    fun `what cannot be is refused and the next frame works`() = Fixtures.open().use { classifier ->
        val frame = case.describe(Frame())
        val plane = case.planes[0]
        frame.plane(
            0,
            plane.buffer.duplicate().apply {
                limit(limit() - plane.rowStride)
            },
            plane.rowStride,
            plane.pixelStride
        )
        assertEquals("OAR-BAD-IMAGE", assertThrows(OarlockException::class.java) { classifier.classify(frame) }.code)
        frame.plane(0, java.nio.ByteBuffer.allocate(plane.buffer.remaining()), plane.rowStride, plane.pixelStride)
        val heap = assertThrows(OarlockException::class.java) { classifier.classify(frame) }
        assertEquals("OAR-INVALID-ARGUMENT", heap.code)
        assertTrue("direct" in heap.message!!)
        frame.describe(case.format, case.width, case.height, rotation = 45)
        frame.plane(0, plane.buffer, plane.rowStride, plane.pixelStride)
        assertThrows(OarlockException::class.java) { classifier.classify(frame) }
        assertEquals(case.ids, classifier.classify(case.describe(frame)).best.map(Prediction::classId))
    }

    @Test
    fun `wrong options are refused in words`() {
        fun codeOf(options: Options) = assertThrows(OarlockException::class.java) { Fixtures.open(options) }.code
        assertEquals("OAR-NOT-FOUND", codeOf(Options(variant = "x86-fp64")))
        assertEquals("OAR-INVALID-ARGUMENT", codeOf(Options(threads = 0)))
        val missing =
            assertThrows(OarlockException::class.java) {
                NativeClassifier.open(File("/nowhere/é😀.oar"), Fixtures.engine)
            }
        assertEquals("OAR-NOT-FOUND", missing.code)
        assertTrue("é😀.oar" in missing.message!!, missing.message)
    }

    @Test
    fun `the selftest passes, tells its cases, and stops when told to`() {
        val told = mutableListOf<String>()
        val result = Selftest.run(Fixtures.bundle, Fixtures.engine) { done, total, name ->
            told += name
            assertEquals(told.size - 1, done)
            assertTrue(total > 1)
            true
        }!!
        assertTrue(result.passed, result.sentence)
        assertTrue(org.json.JSONObject(result.json).getBoolean("ok"))
        assertTrue(told.size > 1)
        assertNull(Selftest.run(Fixtures.bundle, Fixtures.engine) { done, _, _ -> done < 1 })
    }
}
