"""How ``oarlock predict`` opens what it is given: a bundle or a .nb file, or for PaddlePaddle a source model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from oarlock.commands._shared import printable

if TYPE_CHECKING:
    from oarlock._model import Model
    from oarlock.classifier import Classifier

__all__ = ["Opening"]


@dataclass(frozen=True)
class Opening:
    """A model and the options of ``oarlock predict`` that concern it; ``engine`` is "lite" or "paddle"."""

    model: Path
    engine: str
    device: str | None
    variant: str | None
    threads: int
    max_pixels: int
    preprocess: str | None
    labels: Path | None
    require_signature: Path | None

    def check(self) -> None:
        """Raise click.UsageError where options do not fit the model or each other."""
        if self.engine == "paddle":
            self._refuse("--engine lite; PaddlePaddle runs the model that variants are made from", variant=self.variant)
        else:
            self._refuse("--engine paddle", device=self.device)
        if self._is_bundle:
            names = {"preprocess": self.preprocess, "labels": self.labels}
            self._refuse(".nb files and source models; a bundle brings its own", **names)
        else:
            self._refuse("bundles; a single model has one", variant=self.variant)
            self._refuse("bundles; a single model has no signature", require_signature=self.require_signature)

    def open(self) -> Classifier:
        """Open the model. Raises OarlockError and OSError."""
        if self.engine == "paddle":
            return self._open_paddle()
        return self._open_bundle() if self._is_bundle else self._open_nb()

    @property
    def _is_bundle(self) -> bool:
        if self.engine == "lite":
            return self.model.suffix.lower() != ".nb" or self.model.is_dir()
        return self.model.is_dir() and (self.model.suffix == ".oar" or (self.model / "bundle.json").exists())

    def _refuse(self, what_for: str, **options: object) -> None:
        given = [f"--{name.replace('_', '-')}" for name, value in options.items() if value is not None]
        if given:
            raise click.UsageError(f"{' and '.join(given)} {'is' if len(given) == 1 else 'are'} for {what_for}")

    def _open_bundle(self) -> Classifier:
        from oarlock.classifier import Classifier

        return Classifier.open(
            self.model,
            variant=self.variant,
            threads=self.threads,
            require_signature=self.require_signature,
            max_pixels=self.max_pixels,
        )

    def _open_nb(self) -> Classifier:
        from oarlock.classifier import Classifier
        from oarlock.labels import read_labels
        from oarlock.preprocess import IMAGENET, PreprocessSpec

        assumed = self.preprocess is None or self.preprocess == "imagenet"
        spec = IMAGENET if assumed else PreprocessSpec.read(Path(self.preprocess or ""))
        names = None if self.labels is None else read_labels(self.labels)
        opened = Classifier.from_nb(
            self.model, preprocess=spec, labels=names, threads=self.threads, max_pixels=self.max_pixels
        )
        if self.preprocess is None:
            _remark(
                f"{self.model} does not say how it wants pictures; PaddleClas' evaluation on ImageNet is assumed "
                "(short side 256, centre crop 224). Another way is given with --preprocess FILE; --preprocess imagenet "
                "silences this."
            )
        return opened

    def _open_paddle(self) -> Classifier:
        from oarlock.classifier import Classifier

        return Classifier(self._paddle_model(), max_pixels=self.max_pixels)

    def _paddle_model(self) -> Model:
        from oarlock._engines import load_engine_module

        module = load_engine_module(self.engine)
        device = self.device or "auto"
        if not self._is_bundle:
            return module.open_source(
                str(self.model),
                preprocess=self.preprocess,
                labels=None if self.labels is None else str(self.labels),
                device=device,
                threads=self.threads,
                remark=_remark,
            )
        from oarlock.bundle import Bundle

        bundle = Bundle.open(self.model)
        if self.require_signature is not None:
            bundle.verify_signature(self.require_signature)
        return module.open_bundle(bundle, device=device, threads=self.threads, remark=_remark)


def _remark(sentence: str) -> None:
    click.echo(printable(f"Note: {sentence}"), err=True)
