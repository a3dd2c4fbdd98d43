package dev.oarlock

import android.content.Context
import android.content.res.AssetManager
import java.io.File
import java.io.IOException

/** Bundles packed into the app as folders of its assets, which the core reads once they are files. */
object AssetBundles {
    private const val SUFFIX = ".oar"

    /** The names of those there are, sorted. */
    fun list(assets: AssetManager): List<String> = assets.list("").orEmpty().filter { it.endsWith(SUFFIX) }.sorted()

    /**
     * The folder of the files of bundle [asset], copied there unless this version of the app has done it before. What
     * is there is always whole: it is written beside its place and then renamed. Throws [IOException].
     */
    fun extract(context: Context, asset: String): File {
        val installed = context.packageManager.getPackageInfo(context.packageName, 0).lastUpdateTime
        val root = File(context.noBackupFilesDir, "bundles")
        return extract(root, asset, installed.toString()) { name, target ->
            copy(context.assets, name, target)
        }
    }

    /** [extract] without Android: [copy] writes what is called [asset] as the folder that it is given. */
    internal fun extract(root: File, asset: String, stamp: String, copy: (String, File) -> Unit): File =
        synchronized(this) {
            val versions = File(root, asset)
            val target = File(versions, "$stamp/$asset")
            if (target.isDirectory) return target
            if (versions.exists() && !versions.deleteRecursively()) throw IOException("$versions cannot be removed")
            val staging = File(root, "$asset.partial")
            if (staging.exists() && !staging.deleteRecursively()) throw IOException("$staging cannot be removed")
            copy(asset, File(staging, asset))
            if (!versions.mkdirs()) throw IOException("$versions cannot be made")
            if (!staging.renameTo(
                    File(versions, stamp)
                )
            ) {
                throw IOException("$staging cannot be renamed to $versions/$stamp")
            }
            target
        }

    private fun copy(assets: AssetManager, from: String, to: File) {
        val children = assets.list(from).orEmpty()
        if (children.isEmpty()) {
            assets.open(from).use { input -> to.outputStream().use { input.copyTo(it) } }
            return
        }
        if (!to.mkdirs()) throw IOException("$to cannot be made")
        for (child in children) copy(assets, "$from/$child", File(to, child))
    }
}
