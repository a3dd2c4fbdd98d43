"""Training: a dual path network on a list of pictures, as PaddleClas' recipe for the DPN has it.

    data = DataSet(root, root / "train_list.txt", root / "val_list.txt", labels=("cat", "dog"))
    trained = train(SPECS["DPN68"], data, IMAGENET, "dpn68-pets", Recipe(epochs=20), progress=print)
    export("dpn68-pets", "dpn68-pets-inference")

PaddlePaddle works in child processes; importing this loads none of it. Of the recipe, mixup, random crops and flips are
not here: pictures are prepared as they are when the network is used.
"""

from __future__ import annotations

from oarlock_opt.train.checkpoint import Epoch, Trained
from oarlock_opt.train.data import DataSet
from oarlock_opt.train.recipe import Recipe
from oarlock_opt.train.training import export, train

__all__ = ["DataSet", "Epoch", "Recipe", "Trained", "export", "train"]
