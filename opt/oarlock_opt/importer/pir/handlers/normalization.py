"""Normalisations that the table alone does not convert."""

from __future__ import annotations

from oarlock_opt.importer.pir._call import Call
from oarlock_opt.importer.pir.handlers._registry import handler

__all__: list[str] = []


@handler("sync_batch_norm")
def sync_batch_norm(call: Call) -> None:
    """Batch normalisation in training on many devices; in inference it is the ordinary one."""
    names = ("is_test", "momentum", "epsilon", "use_global_stats", "trainable_statistics")
    attrs = {name: call.attr("batch_norm", name, call.attribute(name)) for name in names}
    attrs["data_layout"] = call.attr("batch_norm", "data_layout", call.text("data_format"))
    inputs = {
        "X": call.tensor("x"),
        "Mean": call.tensor("mean"),
        "Variance": call.tensor("variance"),
        "Scale": call.optional("scale"),
        "Bias": call.optional("bias"),
    }
    outputs = {
        "Y": call.result("out"),
        "MeanOut": call.result("mean_out"),
        "VarianceOut": call.result("variance_out"),
        "SavedMean": call.result("saved_mean"),
        "SavedVariance": call.result("saved_variance"),
    }
    call.emit("batch_norm", inputs, outputs, attrs)
