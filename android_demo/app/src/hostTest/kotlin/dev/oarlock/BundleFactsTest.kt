package dev.oarlock

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test

class BundleFactsTest {
    private fun json(preprocess: String, vararg meanings: String, golden: String = "{}") = """
        {"name": "m", "preprocess": $preprocess, "golden": $golden, 
         "variants": [{"id": "arm64-fp32"}, {"id": "armv7-fp32"}],
         "outputs": [${meanings.joinToString { "{\"meaning\": \"$it\"}" }}]}"""

    @Test
    fun `the first output that names classes is taken`() {
        val expected =
            BundleFacts("m", listOf("arm64-fp32", "armv7-fp32"), classOutput = 1, logits = true, hasGolden = true)
        assertEquals(expected, BundleFacts.parse(json("{}", "tensor", "logits", "probabilities")))
        assertEquals(false, BundleFacts.parse(json("{}", "probabilities")).logits)
        assertEquals(false, BundleFacts.parse(json("{}", "logits", golden = "null")).hasGolden)
    }

    @Test
    fun `a model without preprocessing or classes is no classifier`() {
        assertNull(BundleFacts.parse(json("null", "logits")).classOutput)
        assertNull(BundleFacts.parse(json("{}", "tensor")).classOutput)
        assertThrows(org.json.JSONException::class.java) { BundleFacts.parse("{}") }
    }
}
