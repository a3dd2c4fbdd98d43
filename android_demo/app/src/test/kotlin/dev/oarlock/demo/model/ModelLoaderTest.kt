package dev.oarlock.demo.model

import java.util.ArrayDeque
import java.util.concurrent.Executor
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class ModelLoaderTest {
    private class Queue : Executor {
        private val waiting = ArrayDeque<Runnable>()

        override fun execute(command: Runnable) {
            waiting += command
        }

        fun runAll() {
            while (waiting.isNotEmpty()) waiting.removeFirst().run()
        }
    }

    private class Model(val choice: Choice, private val closed: MutableList<Choice>) : AutoCloseable {
        override fun close() {
            closed += choice
        }
    }

    private val worker = Queue()
    private val main = Queue()
    private val opened = mutableListOf<Choice>()
    private val closed = mutableListOf<Choice>()
    private val loader = ModelLoader(worker, main) { choice ->
        check(choice.bundle != "broken.oar") { "it is broken" }
        opened += choice
        Model(choice, closed)
    }
    private val a = Choice("a.oar")
    private val b = Choice("b.oar", "arm64-fp16", 2)

    private fun settle() = repeat(3) {
        worker.runAll()
        main.runAll()
    }

    @Test
    fun `what was chosen is opened away from the main thread`() {
        val states = mutableListOf<Loading<Model>>()
        loader.listener = { states += it }
        loader.choose(a)
        assertEquals(emptyList<Choice>(), opened)
        settle()
        assertEquals(Loading.InWork(a), states.first())
        assertEquals(a, (states.last() as Loading.Ready).model.choice)
    }

    @Test
    fun `the same choice again, as after a rotation, loads nothing`() {
        loader.choose(a)
        loader.choose(a)
        settle()
        loader.choose(a)
        settle()
        assertEquals(listOf(a), opened)
        assertEquals(emptyList<Choice>(), closed)
    }

    @Test
    fun `another choice closes the model before`() {
        loader.choose(a)
        settle()
        loader.choose(b)
        settle()
        assertEquals(listOf(a), closed)
        assertEquals(b, (loader.state as Loading.Ready).choice)
    }

    @Test
    fun `a model that comes too late is closed and not shown`() {
        loader.choose(a)
        loader.choose(b)
        settle()
        assertEquals(listOf(a), closed)
        assertEquals(b, (loader.state as Loading.Ready).choice)
    }

    @Test
    fun `a failure has the sentence, and the same choice may be tried again`() {
        val broken = Choice("broken.oar")
        loader.choose(broken)
        settle()
        assertEquals(Loading.Failed(broken, "it is broken"), loader.state)
        loader.choose(broken)
        assertEquals(Loading.InWork(broken), loader.state)
    }

    @Test
    fun `closing frees the model`() {
        loader.choose(a)
        settle()
        loader.close()
        settle()
        assertEquals(listOf(a), closed)
        assertTrue(loader.state is Loading.Nothing)
    }
}
