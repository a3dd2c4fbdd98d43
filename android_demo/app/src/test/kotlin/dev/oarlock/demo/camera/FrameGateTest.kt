package dev.oarlock.demo.camera

import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executors
import java.util.concurrent.RejectedExecutionException
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class FrameGateTest {
    private class Counted(private val open: AtomicInteger) : AutoCloseable {
        private var closed = false

        init {
            open.incrementAndGet()
        }

        override fun close() {
            assertFalse(closed, "closed twice")
            closed = true
            open.decrementAndGet()
        }
    }

    private val open = AtomicInteger()
    private val gate = FrameGate()

    @Test
    fun `while one frame is at work the others are closed at once`() {
        val worker = Executors.newSingleThreadExecutor()
        val started = CountDownLatch(1)
        val finish = CountDownLatch(1)
        gate.pass(Counted(open), worker::execute) {
            started.countDown()
            finish.await()
        }
        started.await()
        repeat(5) { gate.pass(Counted(open), worker::execute) { throw AssertionError("let in") } }
        assertEquals(1, open.get())
        assertEquals(5, gate.dropped)
        finish.countDown()
        worker.shutdown()
        assertTrue(worker.awaitTermination(10, TimeUnit.SECONDS))
        assertEquals(0, open.get())
        assertTrue(gate.enter())
    }

    @Test
    fun `work that throws closes its frame and lets the next one in`() {
        assertThrows(IllegalStateException::class.java) {
            gate.pass(Counted(open), Runnable::run) { throw IllegalStateException() }
        }
        assertEquals(0, open.get())
        assertTrue(gate.enter())
    }

    @Test
    fun `a worker that takes nothing more leaks no frame`() {
        gate.pass(Counted(open), { throw RejectedExecutionException() }) { throw AssertionError("let in") }
        assertEquals(0, open.get())
        assertTrue(gate.enter())
    }
}
