// Stand-ins for the few functions of Google's androidx.test:monitor that Robolectric calls, since that library is on no
// public registry but Google's own. Nothing listens: what they would tell is not asked for by our tests.
@file:Suppress("PackageDirectoryMismatch")

package androidx.test.runner.lifecycle

import android.app.Activity

enum class Stage { PRE_ON_CREATE, CREATED, STARTED, RESUMED, PAUSED, STOPPED, RESTARTED, DESTROYED }

enum class ApplicationStage { PRE_ON_CREATE, CREATED }

interface ActivityLifecycleMonitor {
    fun getActivitiesInStage(stage: Stage): Collection<Activity>
}

interface ApplicationLifecycleMonitor

object ActivityLifecycleMonitorRegistry {
    private lateinit var monitor: ActivityLifecycleMonitor

    @JvmStatic
    fun registerInstance(instance: ActivityLifecycleMonitor) {
        monitor = instance
    }

    @JvmStatic
    fun getInstance(): ActivityLifecycleMonitor = monitor
}

object ApplicationLifecycleMonitorRegistry {
    @JvmStatic
    fun registerInstance(instance: ApplicationLifecycleMonitor) = check(instance != this)
}
