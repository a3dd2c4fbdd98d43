from __future__ import annotations

from pathlib import Path

import pytest

from oarlock_opt import zoo
from oarlock_opt.zoo import _labels
from oarlock_opt.zoo.make_imagenet_labels import make_labels


def test_order_and_names() -> None:
    labels = zoo.get("DPN68").labels()
    assert len(labels) == 1000
    known = {
        0: "tench", 281: "tabby", 282: "tiger cat", 285: "Egyptian cat", 340: "zebra", 657: "missile",
        744: "projectile", 812: "space shuttle", 872: "tripod", 967: "espresso", 999: "toilet tissue",
    }  # fmt: skip
    assert {index: labels[index] for index in known} == known


def test_no_two_classes_are_called_alike() -> None:
    labels = _labels.imagenet()
    assert len({label.lower() for label in labels}) == 1000
    assert all(label == label.strip() and label.isprintable() for label in labels)
    assert (labels[134], labels[517]) == ("crane (bird)", "crane (machine)")
    assert (labels[638], labels[639]) == ("maillot", "tank suit")
    assert (labels[264], labels[474]) == ("Cardigan Welsh corgi", "cardigan")


def test_the_notice_names_source_and_licence() -> None:
    notice = Path(_labels.IMAGENET_FILE).with_name("imagenet_labels.NOTICE.txt").read_text()
    for words in ("timm 1.0.31", "Apache", "WordNet", "Princeton University"):
        assert words in notice


def test_repeated_names_take_the_next_lemma() -> None:
    lemmas = {"n1": ["Maillot"], "n2": ["maillot", "tank suit"], "n3": ["hen", "biddy"]}
    assert make_labels(["n2", "n1", "n3"], lemmas) == ["tank suit", "Maillot", "hen"]
    with pytest.raises(ValueError, match="classes that share a name: maillot"):
        make_labels(["n1", "n4"], {**lemmas, "n4": ["maillot"]})
