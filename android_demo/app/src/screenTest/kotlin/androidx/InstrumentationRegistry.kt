@file:Suppress("PackageDirectoryMismatch")

package androidx.test.platform.app

import android.app.Instrumentation
import android.os.Bundle

object InstrumentationRegistry {
    private var registered: Instrumentation? = null
    private var given: Bundle? = null

    /** Without an instrumentation between two tests. */
    @JvmStatic
    fun registerInstance(instrumentation: Instrumentation?, arguments: Bundle?) {
        registered = instrumentation
        given = arguments
    }

    @JvmStatic
    fun getInstrumentation(): Instrumentation = registered!!

    @JvmStatic
    fun getArguments(): Bundle = given!!
}
