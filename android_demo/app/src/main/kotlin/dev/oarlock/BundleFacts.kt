package dev.oarlock

import org.json.JSONException
import org.json.JSONObject

/** What the app needs of bundle.json (docs/schema/bundle.schema.json), which the core has checked. */
data class BundleFacts(
    /** The model's name. */
    val name: String,
    /** Ids of all variants, "arm64-fp32", in the bundle's order. */
    val variants: List<String>,
    /** Index of the output that names classes; null when the model is no classifier of pictures. */
    val classOutput: Int?,
    /** Whether that output has to go through softmax. */
    val logits: Boolean,
    /** Whether there are golden cases, so that [Selftest] has something to replay. */
    val hasGolden: Boolean
) {
    companion object {
        /** Throws [JSONException] for what is no bundle.json. */
        fun parse(json: String): BundleFacts {
            val root = JSONObject(json)
            val outputs = root.getJSONArray("outputs")
            val meanings = List(outputs.length()) { outputs.getJSONObject(it).getString("meaning") }
            val output = meanings.indexOfFirst { it != "tensor" }.takeIf { it >= 0 && !root.isNull("preprocess") }
            val variants = root.getJSONArray("variants")
            return BundleFacts(
                name = root.getString("name"),
                variants = List(variants.length()) { variants.getJSONObject(it).getString("id") },
                classOutput = output,
                logits = output != null && meanings[output] == "logits",
                hasGolden = !root.isNull("golden")
            )
        }
    }
}
