package dev.oarlock.demo

import android.app.Application
import dev.oarlock.NativeClassifier
import dev.oarlock.Options
import dev.oarlock.demo.model.Bundles
import dev.oarlock.demo.model.ChoiceStore
import dev.oarlock.demo.model.ModelLoader
import java.util.concurrent.ExecutorService
import java.util.concurrent.Executors

/** Owns what outlives a screen: the model, and the thread that runs it. */
class DemoApplication : Application() {
    /** Everything that takes time, one after another: a second model beside the first would slow both. */
    val worker: ExecutorService = Executors.newSingleThreadExecutor { Thread(it, "oarlock-model") }

    val bundles by lazy { Bundles(this) }
    val choices by lazy { ChoiceStore(getSharedPreferences("choice", MODE_PRIVATE)) }

    val models by lazy {
        ModelLoader(worker, mainExecutorCompat()) { choice ->
            NativeClassifier.open(
                bundles.folder(choice.bundle),
                NativeClassifier.packagedEngine(this),
                Options(choice.variant, choice.threads, cacheDir)
            )
        }
    }
}
