package dev.oarlock.demo.model

import android.content.SharedPreferences

/** The choice of the last time. */
class ChoiceStore(private val preferences: SharedPreferences) {
    /** What was chosen, as long as the bundle is one of [available]; else the first of them. null for none. */
    fun load(available: List<String>): Choice? {
        val bundle = preferences.getString(BUNDLE, null)
        if (bundle !in available) return available.firstOrNull()?.let { Choice(it) }
        return Choice(bundle!!, preferences.getString(VARIANT, null), preferences.getInt(THREADS, 1))
    }

    fun save(choice: Choice) {
        preferences.edit()
            .putString(BUNDLE, choice.bundle)
            .putString(VARIANT, choice.variant)
            .putInt(THREADS, choice.threads)
            .apply()
    }

    private companion object {
        const val BUNDLE = "bundle"
        const val VARIANT = "variant"
        const val THREADS = "threads"
    }
}
