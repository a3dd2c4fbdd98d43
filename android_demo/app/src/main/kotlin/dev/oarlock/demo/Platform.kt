package dev.oarlock.demo

import android.app.Activity
import android.content.Context
import android.os.Build
import android.os.Handler
import android.os.Looper
import android.os.PowerManager
import android.view.Display
import java.util.concurrent.Executor

/** What Android offers in another way before some version; minSdk is 26. */
fun Context.mainExecutorCompat(): Executor = if (Build.VERSION.SDK_INT >=
    Build.VERSION_CODES.P
) {
    mainExecutor
} else {
    Executor(Handler(Looper.getMainLooper())::post)
}

/** The display that the activity is on; null while it is on none. */
fun Activity.displayCompat(): Display? = if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.R) {
    display
} else {
    @Suppress("DEPRECATION")
    windowManager.defaultDisplay
}

/** PowerManager's THERMAL_STATUS_*, 0 (none) to 6 (shutdown); null before Android 10. */
fun Context.thermalStatus(): Int? = if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.Q) {
    getSystemService(PowerManager::class.java).currentThermalStatus
} else {
    null
}
