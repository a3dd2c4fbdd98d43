package dev.oarlock.demo.camera

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test

class CameraGeometryTest {
    @Test
    fun `a phone held upright turns the back camera's picture by 90 degrees`() {
        assertEquals(90, CameraGeometry.rotation(sensorOrientation = 90, displayDegrees = 0, front = false))
        assertEquals(0, CameraGeometry.rotation(sensorOrientation = 90, displayDegrees = 90, front = false))
        assertEquals(180, CameraGeometry.rotation(sensorOrientation = 90, displayDegrees = 270, front = false))
    }

    @Test
    fun `a front camera turns the other way`() {
        assertEquals(270, CameraGeometry.rotation(sensorOrientation = 270, displayDegrees = 0, front = true))
        assertEquals(0, CameraGeometry.rotation(sensorOrientation = 270, displayDegrees = 90, front = true))
        assertEquals(180, CameraGeometry.rotation(sensorOrientation = 270, displayDegrees = 270, front = true))
    }

    @Test
    fun `the smallest size that is large enough is analysed`() {
        val sizes = listOf(Pixels(1920, 1080), Pixels(640, 480), Pixels(320, 240), Pixels(1280, 720))
        assertEquals(Pixels(640, 480), CameraGeometry.analysisSize(sizes, 480))
        assertEquals(Pixels(1280, 720), CameraGeometry.analysisSize(sizes, 481))
        assertEquals(Pixels(1920, 1080), CameraGeometry.analysisSize(sizes, 4000))
        assertNull(CameraGeometry.analysisSize(emptyList(), 480))
    }

    @Test
    fun `the preview has the proportions of what is analysed`() {
        val sizes = listOf(Pixels(4000, 3000), Pixels(1920, 1080), Pixels(1440, 1080), Pixels(640, 480))
        assertEquals(Pixels(1440, 1080), CameraGeometry.previewSize(sizes, Pixels(640, 480), 1920))
        assertEquals(Pixels(1920, 1080), CameraGeometry.previewSize(sizes, Pixels(1280, 720), 1920))
        assertEquals(Pixels(352, 288), CameraGeometry.previewSize(sizes, Pixels(352, 288), 1920))
    }

    @Test
    fun `nothing is squashed`() {
        assertEquals(Pixels(1080, 1440), CameraGeometry.fit(Pixels(640, 480), 90, Pixels(1080, 2000)))
        assertEquals(Pixels(1080, 810), CameraGeometry.fit(Pixels(640, 480), 0, Pixels(1080, 2000)))
        assertEquals(Pixels(450, 600), CameraGeometry.fit(Pixels(640, 480), 270, Pixels(1080, 600)))
    }
}
