package dev.oarlock.demo.model

import java.util.concurrent.Executor

/** What the user chose. [variant] null: the most exact that fits. */
data class Choice(val bundle: String, val variant: String? = null, val threads: Int = 1)

/** How far the chosen model is. */
sealed interface Loading<out T> {
    data object Nothing : Loading<kotlin.Nothing>

    data class InWork(val choice: Choice) : Loading<kotlin.Nothing>

    data class Ready<T>(val choice: Choice, val model: T) : Loading<T>

    data class Failed(val choice: Choice, val message: String) : Loading<kotlin.Nothing>
}

/**
 * Opens the model that was chosen last, away from the main thread, and closes the one before. Survives rotation, since
 * the application owns it. [choose], [listener] and [close] belong to the main thread, whose queue [main] is; [worker]
 * runs [open] one after another.
 */
class ModelLoader<T : AutoCloseable>(
    private val worker: Executor,
    private val main: Executor,
    private val open: (Choice) -> T
) {
    var state: Loading<T> = Loading.Nothing
        private set(value) {
            field = value
            listener?.invoke(value)
        }

    /** Told of every change; set by the visible screen, which takes it away when it goes. */
    var listener: ((Loading<T>) -> Unit)? = null

    /** Loads [choice], unless that is loaded or on its way. */
    fun choose(choice: Choice) {
        when (val now = state) {
            is Loading.Ready -> if (now.choice == choice) return
            is Loading.InWork -> if (now.choice == choice) return
            else -> Unit
        }
        release()
        state = Loading.InWork(choice)
        worker.execute {
            val next = try {
                Loading.Ready(choice, open(choice))
            } catch (failure: Exception) {
                Loading.Failed(choice, failure.message ?: failure.toString())
            }
            main.execute { arrived(choice, next) }
        }
    }

    fun close() {
        release()
        state = Loading.Nothing
    }

    private fun arrived(choice: Choice, next: Loading<T>) {
        if (state == Loading.InWork(choice)) {
            state = next
        } else if (next is Loading.Ready) {
            worker.execute(next.model::close) // The user has chosen another meanwhile.
        }
    }

    /** Closing waits for a picture that is at work, which the main thread must not. */
    private fun release() {
        (state as? Loading.Ready)?.let { worker.execute(it.model::close) }
    }
}
