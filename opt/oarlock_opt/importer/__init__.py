"""From the programs that PaddlePaddle saves to the one that Paddle Lite's optimiser reads, without PaddlePaddle.

``graph/`` is the typed graph that everything works on. ``legacy/`` and ``pir/`` read the two formats into it,
``passes/`` repairs and rewrites it, and ``legacy/`` writes it.
"""
