@file:Suppress("PackageDirectoryMismatch")

package androidx.test.internal.runner.intent

import android.content.Intent
import androidx.test.runner.intent.IntentMonitor

class IntentMonitorImpl : IntentMonitor {
    private val intents = ArrayList<Intent>()

    fun signalIntent(intent: Intent) {
        intents += intent
    }
}
