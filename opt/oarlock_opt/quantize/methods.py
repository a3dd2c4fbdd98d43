"""The methods by which PaddlePaddle chooses how large a number 8 bits shall express, and what is quantised at all."""

from __future__ import annotations

__all__ = ["AUTO", "METHODS", "OPERATORS"]

METHODS = ("abs_max", "hist", "KL", "mse", "avg")
"""abs_max: the largest number that was seen. hist: the magnitude that all but one number in 100,000 stay below. KL: the
one at which the distributions before and after differ least by the divergence of Kullback and Leibler. mse: likewise by
the mean squared error, looking at one batch at a time. avg: the mean over pictures of their largest numbers."""

AUTO = "auto"
"""Every method, and the one that errs least on pictures that were not calibrated with."""

OPERATORS = {
    "conv2d": ("Input", "Filter", "Output"),
    "depthwise_conv2d": ("Input", "Filter", "Output"),
    "mul": ("X", "Y", "Out"),
    "matmul": ("X", "Y", "Out"),
    "matmul_v2": ("X", "Y", "Out"),
}
"""The operators that are quantised where their second input is a parameter, and the slots of their input, weights and
output."""
