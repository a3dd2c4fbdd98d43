package dev.oarlock.demo

import android.content.Intent
import dev.oarlock.demo.model.Choice

/** The choice that the extras "bundle", "variant" and "threads" make; null without a bundle. */
fun Intent.choice(): Choice? =
    getStringExtra("bundle")?.let { Choice(it, getStringExtra("variant"), getIntExtra("threads", 1)) }
