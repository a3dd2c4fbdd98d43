package dev.oarlock.demo.camera

import android.hardware.DataSpace
import android.media.Image
import android.os.Build
import dev.oarlock.YuvRange

/** The range that an image says it has; full, which Android documents for YUV_420_888, where it does not say. */
fun Image.yuvRange(): YuvRange = if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU &&
    DataSpace.getRange(dataSpace) == DataSpace.RANGE_LIMITED
) {
    YuvRange.LIMITED
} else {
    YuvRange.FULL
}
