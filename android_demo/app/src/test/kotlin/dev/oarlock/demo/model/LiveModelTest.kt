package dev.oarlock.demo.model

import dev.oarlock.Answer
import dev.oarlock.Prediction
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

class LiveModelTest {
    private val shown = mutableListOf<LiveView>()
    private val model = LiveModel(show = { shown += it })

    private fun answer(vararg scores: Float) = Answer(
        scores.mapIndexed { index, score -> Prediction(index, "thing $index, synonym", score) },
        preprocessNanos = 1_000_000,
        inferenceNanos = 30_000_000
    )

    @Test
    fun `shows three lines with the first name and whole percents`() {
        model.onPicture(answer(0.955f, 0.03f, 0.01f, 0.005f))
        val expected = listOf(ScoreLine("thing 0", 95), ScoreLine("thing 1", 3), ScoreLine("thing 2", 1))
        assertEquals(LiveView(expected, inferenceMillis = 30.0), shown.single())
    }

    @Test
    fun `the rate is that of the last frames and begins anew`() {
        for (frame in 0L..60L) model.onFrame(answer(1f), frame * 40_000_000)
        assertEquals(25.0, model.view.framesPerSecond, 1e-9)
        model.clear()
        assertEquals(LiveView(), model.view)
        model.onFrame(answer(1f), 99_000_000_000)
        assertEquals(0.0, model.view.framesPerSecond)
    }

    @Test
    fun `an error takes the place of answers`() {
        model.onPicture(answer(1f))
        model.onError("OAR-NOT-FINITE: …")
        assertEquals(LiveView(error = "OAR-NOT-FINITE: …"), model.view)
    }

    @Test
    fun `a class without a name has its number`() {
        assertEquals("#7", LiveModel.readable(null, 7))
        assertEquals("#7", LiveModel.readable("", 7))
        assertEquals("tabby", LiveModel.readable("tabby, tabby cat", 7))
    }

    @Test
    fun `the rate forgets what left the window`() {
        val rate = FrameRate(window = 3)
        assertEquals(0.0, rate.tick(0))
        assertEquals(0.5, rate.tick(2_000_000_000), 1e-9)
        rate.tick(3_000_000_000)
        assertEquals(1.0, rate.tick(4_000_000_000), 1e-9)
    }
}
