package dev.oarlock.demo.camera

import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicLong

/**
 * Lets one frame through at a time and none wait: who is not let in drops the frame. A queue would show the user the
 * past, and hold the camera's few buffers. Any thread.
 */
class FrameGate {
    private val busy = AtomicBoolean()
    private val refused = AtomicLong()

    /** Frames that were not let in. */
    val dropped: Long get() = refused.get()

    /** True for one caller until [leave]; the others are counted. */
    fun enter(): Boolean = busy.compareAndSet(false, true).also { if (!it) refused.incrementAndGet() }

    fun leave() = busy.set(false)

    /**
     * Closes [frame] whatever happens: at once when a frame is at work, else after [work] was run by [run], or refused
     * by it with an exception.
     */
    fun <T : AutoCloseable> pass(frame: T, run: (Runnable) -> Unit, work: (T) -> Unit) {
        if (!enter()) {
            frame.close()
            return
        }
        try {
            run {
                try {
                    frame.use(work)
                } finally {
                    leave()
                }
            }
        } catch (refused: java.util.concurrent.RejectedExecutionException) {
            frame.close()
            leave()
        }
    }
}
