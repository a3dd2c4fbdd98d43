package dev.oarlock.demo.ui

import android.app.Activity
import android.app.AlertDialog
import android.view.View
import android.widget.AdapterView
import android.widget.ArrayAdapter
import android.widget.Spinner
import dev.oarlock.BundleFacts
import dev.oarlock.demo.R
import dev.oarlock.demo.model.Choice

/** Asks for bundle, variant and threads. Main thread. */
class ChoiceDialog(
    private val activity: Activity,
    private val bundles: List<String>,
    private val now: Choice?,
    private val factsOf: (String) -> BundleFacts?,
    private val chosen: (Choice) -> Unit
) {
    private val content = View.inflate(activity, R.layout.dialog_choice, null)
    private val bundle = content.findViewById<Spinner>(R.id.bundle)
    private val variant = content.findViewById<Spinner>(R.id.variant)
    private val threads = content.findViewById<Spinner>(R.id.threads)
    private val threadCounts = (1..Runtime.getRuntime().availableProcessors()).toList()
    private var variants = emptyList<String>()

    fun show(): AlertDialog {
        fill(bundle, bundles, now?.bundle)
        fill(threads, threadCounts.map(Int::toString), now?.threads?.toString())
        bundle.onItemSelectedListener = object : AdapterView.OnItemSelectedListener {
            override fun onItemSelected(parent: AdapterView<*>, view: View?, position: Int, id: Long) = showVariants()

            override fun onNothingSelected(parent: AdapterView<*>) = Unit
        }
        showVariants()
        return AlertDialog.Builder(activity)
            .setTitle(R.string.choose_model)
            .setView(content)
            .setPositiveButton(android.R.string.ok) { _, _ -> accept() }
            .setNegativeButton(android.R.string.cancel, null)
            .show()
    }

    private fun showVariants() {
        val name = bundles.getOrNull(bundle.selectedItemPosition) ?: return
        variants = factsOf(name)?.variants.orEmpty()
        fill(
            variant,
            listOf(activity.getString(R.string.best_variant)) + variants,
            now?.variant.takeIf {
                name ==
                    now?.bundle
            }
        )
    }

    private fun accept() {
        val name = bundles.getOrNull(bundle.selectedItemPosition) ?: return
        chosen(
            Choice(
                name,
                variants.getOrNull(variant.selectedItemPosition - 1),
                threadCounts[threads.selectedItemPosition]
            )
        )
    }

    private fun fill(spinner: Spinner, items: List<String>, selected: String?) {
        spinner.adapter = ArrayAdapter(activity, android.R.layout.simple_spinner_item, items).apply {
            setDropDownViewResource(android.R.layout.simple_spinner_dropdown_item)
        }
        items.indexOf(selected).takeIf { it >= 0 }?.let(spinner::setSelection)
    }
}
