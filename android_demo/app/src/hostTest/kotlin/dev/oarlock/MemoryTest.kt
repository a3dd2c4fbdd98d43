package dev.oarlock

import java.io.File
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Tag
import org.junit.jupiter.api.Test

@Tag("native")
class MemoryTest {
    /** Resident memory in bytes. The Java heap was touched whole before (pom.xml), so what grows is native. */
    private fun resident(): Long {
        System.gc()
        val line = File("/proc/self/status").readLines().first { it.startsWith("VmRSS") }
        return line.filter(Char::isDigit).toLong() * 1024
    }

    @Test
    fun `a thousand frames leave the native heap as it was`() = Fixtures.open().use { classifier ->
        val frame = Frame()
        fun classify(count: Int) =
            repeat(count) { classifier.classify(Fixtures.cases[it % Fixtures.cases.size].describe(frame)) }
        classify(200)
        val before = resident()
        classify(1000)
        val growth = resident() - before
        println("oarlock-figure: resident growth over 1000 frames: $growth")
        // 1,000 leaked tensors of one frame would be 600 MB, and 1,000 leaked rows of one picture 2 MB.
        assertTrue(growth < 2_000_000, "resident memory grew by $growth bytes over 1,000 frames")
    }
}
