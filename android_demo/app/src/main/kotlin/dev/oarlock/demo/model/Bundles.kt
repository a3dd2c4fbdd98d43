package dev.oarlock.demo.model

import android.content.Context
import dev.oarlock.AssetBundles
import java.io.File

/**
 * The bundles on this phone: those packed into the app, and those that `adb push NAME.oar` put into [folder], which
 * need no new build and come first.
 */
class Bundles(private val context: Context) {
    private val pushed: File? = context.getExternalFilesDir("bundles")

    /** Names, "lite0.oar", each once, sorted. */
    fun list(): List<String> {
        val files = pushed?.list { folder, name -> name.endsWith(".oar") && File(folder, name).isDirectory }.orEmpty()
        return (files.toList() + AssetBundles.list(context.assets)).distinct().sorted()
    }

    /** Where the files of the bundle [name] are; one of the assets is copied there first. Throws IOException. */
    fun folder(name: String): File =
        pushed?.let { File(it, name) }?.takeIf { it.isDirectory } ?: AssetBundles.extract(context, name)
}
