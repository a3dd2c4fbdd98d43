package dev.oarlock.demo.camera

import kotlin.random.Random
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class CameraMachineTest {
    private val machine = CameraMachine()

    private fun send(vararg events: CameraEvent): List<CameraCommand> = events.flatMap(machine::handle)

    private fun live() =
        send(CameraEvent.Started(permitted = true, present = true), CameraEvent.SurfaceReady, CameraEvent.Opened)

    @Test
    fun `opens once the screen is visible, permitted and has a surface`() {
        assertEquals(emptyList<CameraCommand>(), send(CameraEvent.Started(permitted = true, present = true)))
        assertEquals(CameraView.Preparing, machine.view)
        assertEquals(listOf(CameraCommand.OPEN), send(CameraEvent.SurfaceReady))
        assertEquals(listOf(CameraCommand.START_PREVIEW), send(CameraEvent.Opened))
        assertEquals(CameraView.Live, machine.view)
    }

    @Test
    fun `a grant takes effect at once`() {
        send(CameraEvent.Started(permitted = false, present = true), CameraEvent.SurfaceReady)
        assertEquals(CameraView.AskPermission(inSettings = false), machine.view)
        assertEquals(listOf(CameraCommand.OPEN), send(CameraEvent.PermissionGranted))
    }

    @Test
    fun `a refusal is explained, and the settings are offered once the system asks no more`() {
        send(CameraEvent.Started(permitted = false, present = true), CameraEvent.PermissionDenied(final = false))
        assertEquals(CameraView.AskPermission(inSettings = false), machine.view)
        send(CameraEvent.PermissionDenied(final = true))
        assertEquals(CameraView.AskPermission(inSettings = true), machine.view)
        // Back from the settings, where it was allowed.
        send(CameraEvent.Stopped, CameraEvent.SurfaceReady)
        assertEquals(listOf(CameraCommand.OPEN), send(CameraEvent.Started(permitted = true, present = true)))
    }

    @Test
    fun `the background closes the camera and the foreground opens it again`() {
        live()
        assertEquals(listOf(CameraCommand.CLOSE), send(CameraEvent.Stopped))
        assertEquals(listOf(CameraCommand.OPEN), send(CameraEvent.Started(permitted = true, present = true)))
    }

    @Test
    fun `a lost surface closes the camera, a new one opens it`() {
        live()
        assertEquals(listOf(CameraCommand.CLOSE), send(CameraEvent.SurfaceLost))
        assertEquals(listOf(CameraCommand.OPEN), send(CameraEvent.SurfaceReady))
    }

    @Test
    fun `a camera taken by another app comes back when it is free`() {
        live()
        assertEquals(listOf(CameraCommand.CLOSE), send(CameraEvent.TakenAway))
        assertEquals(CameraView.TakenAway, machine.view)
        assertEquals(emptyList<CameraCommand>(), send(CameraEvent.SurfaceReady))
        assertEquals(listOf(CameraCommand.OPEN), send(CameraEvent.Available))
        assertEquals(CameraView.Preparing, machine.view)
    }

    @Test
    fun `a failure waits for the user, whatever is available`() {
        live()
        assertEquals(listOf(CameraCommand.CLOSE), send(CameraEvent.Failed("broken")))
        assertEquals(emptyList<CameraCommand>(), send(CameraEvent.Available))
        assertEquals(CameraView.Failed("broken"), machine.view)
        assertEquals(listOf(CameraCommand.OPEN), send(CameraEvent.Retry))
    }

    @Test
    fun `a device that opens too late is closed`() {
        send(CameraEvent.Started(permitted = true, present = true), CameraEvent.SurfaceReady, CameraEvent.Stopped)
        assertEquals(listOf(CameraCommand.CLOSE), send(CameraEvent.Opened))
    }

    @Test
    fun `without a camera nothing is opened`() {
        assertEquals(
            emptyList<CameraCommand>(),
            send(
                CameraEvent.Started(permitted = true, present = false),
                CameraEvent.SurfaceReady,
                CameraEvent.Available
            )
        )
        assertEquals(CameraView.NoCamera, machine.view)
    }

    /** Any order of events: opened at most once before it is closed, and never open on a screen that is not visible. */
    @Test
    fun `no order of events leaves the camera open in the background`() {
        val random = Random(7)
        repeat(2_000) {
            val subject = CameraMachine()
            var held = false
            var visible = false
            repeat(40) {
                val event = listOf(
                    CameraEvent.Started(permitted = random.nextBoolean(), present = random.nextInt(8) > 0),
                    CameraEvent.Stopped,
                    CameraEvent.PermissionGranted,
                    CameraEvent.PermissionDenied(random.nextBoolean()),
                    CameraEvent.SurfaceReady,
                    CameraEvent.SurfaceLost,
                    CameraEvent.TakenAway,
                    CameraEvent.Available,
                    CameraEvent.Failed("x"),
                    CameraEvent.Retry
                ).random(random)
                if (event is CameraEvent.Started) visible = true
                if (event == CameraEvent.Stopped) visible = false
                for (command in subject.handle(event)) {
                    when (command) {
                        CameraCommand.OPEN -> {
                            assertTrue(!held && visible)
                            held = true
                        }

                        CameraCommand.CLOSE -> held = false

                        CameraCommand.START_PREVIEW -> Unit
                    }
                }
                if (!visible) assertTrue(!held)
            }
        }
    }
}
