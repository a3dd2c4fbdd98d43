package dev.oarlock

import java.io.File
import java.io.IOException
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

class AssetBundlesTest {
    @TempDir
    lateinit var root: File
    private var copies = 0

    private fun copy(content: String): (String, File) -> Unit = { name, target ->
        copies++
        assertEquals("lite0.oar", name)
        target.mkdirs()
        File(target, "bundle.json").writeText(content)
    }

    @Test
    fun `a bundle is copied once for a version of the app`() {
        val first = AssetBundles.extract(root, "lite0.oar", "1", copy("old"))
        assertEquals("lite0.oar", first.name)
        assertEquals(first, AssetBundles.extract(root, "lite0.oar", "1", copy("never")))
        assertEquals("old", File(first, "bundle.json").readText())
        val second = AssetBundles.extract(root, "lite0.oar", "2", copy("new"))
        assertEquals("new", File(second, "bundle.json").readText())
        assertFalse(first.exists())
        assertEquals(2, copies)
    }

    @Test
    fun `a copy that breaks off leaves nothing that looks whole`() {
        assertThrows(IOException::class.java) {
            AssetBundles.extract(root, "lite0.oar", "1") { _, target ->
                target.mkdirs()
                File(target, "half").writeText("x")
                throw IOException("no space left")
            }
        }
        val whole = AssetBundles.extract(root, "lite0.oar", "1", copy("whole"))
        assertEquals(listOf("bundle.json"), whole.list()!!.toList())
    }
}
