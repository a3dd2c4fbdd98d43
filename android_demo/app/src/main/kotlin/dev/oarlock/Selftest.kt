package dev.oarlock

import java.io.File

/** What a selftest found: [json] is by docs/schema/selftest.schema.json, [sentence] the verdict in words. */
data class SelftestResult(val passed: Boolean, val sentence: String, val json: String)

/** Whether this phone answers as PaddlePaddle did when the bundle was made: its golden cases, replayed by the core. */
object Selftest {
    private const val PASSED = 1

    /**
     * Replays the cases of a [bundle] with the Paddle Lite library at [engine] and variant [Options.variant]. Before
     * each case [onCase] is told how many are done, how many there are, and the name of the next; when it returns
     * false, the selftest stops and the result is null. Slow: not for the main thread. Throws [OarlockException],
     * "OAR-NO-GOLDEN" for a bundle without cases.
     */
    fun run(
        bundle: File,
        engine: File,
        options: Options = Options(),
        onCase: (Int, Int, String) -> Boolean
    ): SelftestResult? {
        val library = NativeLibrary.loadEngine(engine.path.encodeToByteArray())
        val opened = NativeLibrary.openBundle(bundle.path.encodeToByteArray(), options.cache?.path?.encodeToByteArray())
        try {
            val selftest = NativeLibrary.openSelftest(opened, options.variant?.encodeToByteArray(), options.threads)
            try {
                return replay(selftest, library, onCase)
            } finally {
                NativeLibrary.closeSelftest(selftest)
            }
        } finally {
            NativeLibrary.closeBundle(opened)
        }
    }

    private fun replay(selftest: Long, engine: Long, onCase: (Int, Int, String) -> Boolean): SelftestResult? {
        val counts = IntArray(2)
        while (true) {
            val next = NativeLibrary.nextCase(selftest, counts) ?: break
            if (!onCase(counts[0], counts[1], next.decodeToString())) return null
            NativeLibrary.runCase(selftest, engine)
        }
        return SelftestResult(
            passed = NativeLibrary.verdict(selftest) == PASSED,
            sentence = NativeLibrary.verdictSentence(selftest).decodeToString(),
            json = NativeLibrary.selftestJson(selftest).decodeToString()
        )
    }
}
