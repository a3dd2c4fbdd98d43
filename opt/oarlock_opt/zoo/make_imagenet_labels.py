"""Writes imagenet_labels.txt from the tables that the PyPI package timm carries.

    python -m oarlock_opt.zoo.make_imagenet_labels [WHEEL]

Without WHEEL the pinned one is downloaded by pip. A class is called by the first WordNet lemma of its synset. Where
that lemma is the first of another class too, the next one is taken; where there is none, a word in brackets tells the
two apart. Sources and licences: imagenet_labels.NOTICE.txt.
"""

from __future__ import annotations

import sys
import tempfile
import zipfile
from collections import Counter
from pathlib import Path

from oarlock._pypi import PinnedFile, check, fetch
from oarlock_opt.zoo._labels import IMAGENET_FILE

__all__ = ["make_labels"]

_WHEEL = PinnedFile(
    package="timm",
    version="1.0.31",
    filename="timm-1.0.31-py3-none-any.whl",
    sha256="5bd50f7d0fe6d09bf9285ac2523234a1b7e6bf075c0be3e7aed09139fcb617c7",
    pip_options=("--only-binary=:all:",),
)
_ORDER = "timm/data/_info/imagenet_synsets.txt"
_LEMMAS = "timm/data/_info/imagenet_synset_to_lemma.txt"

# Synsets whose only lemma is also another class's only lemma.
_BRACKETS = {"n02012849": "bird", "n03126707": "machine"}


def make_labels(synsets: list[str], lemmas: dict[str, list[str]]) -> list[str]:
    """A name for each synset, all different even where upper and lower case are the same."""
    first = Counter(lemmas[synset][0].lower() for synset in synsets)
    labels = []
    for synset in synsets:
        name, *others = lemmas[synset]
        if synset in _BRACKETS:
            name = f"{name} ({_BRACKETS[synset]})"
        elif others and first[name.lower()] > 1:
            name = others[0]
        labels.append(name)
    repeated = [name for name, uses in Counter(label.lower() for label in labels).items() if uses > 1]
    if repeated:
        raise ValueError(f"classes that share a name: {', '.join(repeated)}; add them to _BRACKETS")
    return labels


def main() -> None:
    """Rewrite imagenet_labels.txt."""
    with tempfile.TemporaryDirectory() as folder:
        if len(sys.argv) > 1:
            path = Path(sys.argv[1])
            check(_WHEEL, path)
        else:
            path = fetch(_WHEEL, Path(folder))
        with zipfile.ZipFile(path) as wheel:
            synsets = wheel.read(_ORDER).decode().split()
            lines = wheel.read(_LEMMAS).decode().splitlines()
    lemmas = {synset: names.split(", ") for synset, names in (line.split("\t") for line in lines)}
    IMAGENET_FILE.write_text("".join(f"{label}\n" for label in make_labels(synsets, lemmas)), encoding="utf-8")


if __name__ == "__main__":
    main()
