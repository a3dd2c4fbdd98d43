package dev.oarlock.demo.model

import android.content.ContentResolver
import android.graphics.Bitmap
import android.graphics.BitmapFactory
import android.media.ExifInterface
import android.net.Uri
import java.io.IOException

/** A picture as it is stored, and the clockwise turn and mirroring that make it upright. */
class StoredPicture(val bitmap: Bitmap, val rotation: Int, val mirror: Boolean)

/** Reads pictures of the gallery. */
object PictureReader {
    private const val MAX_SIDE = 4096

    /**
     * Decodes [uri]; a picture with a side beyond 4,096 pixels is halved until it is not, for memory's sake. It is not
     * turned: the core does that with the few pixels it reads. Throws IOException. Not for the main thread.
     */
    fun read(resolver: ContentResolver, uri: Uri): StoredPicture {
        val bounds = BitmapFactory.Options().apply { inJustDecodeBounds = true }
        open(resolver, uri).use { BitmapFactory.decodeStream(it, null, bounds) }
        val options = BitmapFactory.Options().apply {
            inSampleSize = sampleSize(bounds.outWidth, bounds.outHeight, MAX_SIDE)
            inPreferredConfig = Bitmap.Config.ARGB_8888
        }
        val bitmap = open(resolver, uri).use { BitmapFactory.decodeStream(it, null, options) }
            ?: throw IOException("$uri is no picture that this phone reads")
        val orientation = open(resolver, uri).use {
            ExifInterface(it).getAttributeInt(ExifInterface.TAG_ORIENTATION, ExifInterface.ORIENTATION_NORMAL)
        }
        val (rotation, mirror) = upright(orientation)
        return StoredPicture(bitmap, rotation, mirror)
    }

    /** The power of two by which to divide both sides, so that neither is beyond [most]. */
    fun sampleSize(width: Int, height: Int, most: Int): Int {
        var sample = 1
        while (maxOf(width, height) / sample > most) sample *= 2
        return sample
    }

    /** Clockwise turn and mirroring by EXIF's orientation, 1 to 8. */
    fun upright(orientation: Int): Pair<Int, Boolean> = when (orientation) {
        ExifInterface.ORIENTATION_FLIP_HORIZONTAL -> 0 to true
        ExifInterface.ORIENTATION_ROTATE_180 -> 180 to false
        ExifInterface.ORIENTATION_FLIP_VERTICAL -> 180 to true
        ExifInterface.ORIENTATION_TRANSPOSE -> 90 to true
        ExifInterface.ORIENTATION_ROTATE_90 -> 90 to false
        ExifInterface.ORIENTATION_TRANSVERSE -> 270 to true
        ExifInterface.ORIENTATION_ROTATE_270 -> 270 to false
        else -> 0 to false
    }

    private fun open(resolver: ContentResolver, uri: Uri) =
        resolver.openInputStream(uri) ?: throw IOException("$uri cannot be opened")
}
