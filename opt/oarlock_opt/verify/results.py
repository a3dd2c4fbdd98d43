"""What verifying found: one record for each stage, variant and run, and the same as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from oarlock_opt.verify.accuracy import Accuracy
from oarlock_opt.verify.limits import Limits
from oarlock_opt.verify.measures import Measures

__all__ = ["Disagreement", "Engine", "Preprocessing", "Stages", "VariantResult", "Verification"]


@dataclass
class Preprocessing:
    """The first stage: pictures to tensors, there and as the reference does it.

    ``bytes_differ`` and ``tensors_differ`` count pictures: those whose crop differs, and those whose crop is the same
    but not what was made of it. ``largest_byte`` is the largest difference of bytes. ``cause`` is a clause where one
    was found.
    """

    pictures: int = 0
    bytes_differ: int = 0
    largest_byte: int = 0
    tensors_differ: int = 0
    largest_tensor: float = 0.0
    cause: str | None = None

    @property
    def ok(self) -> bool:
        """Whether all are equal."""
        return not self.bytes_differ and not self.tensors_differ

    def to_json(self) -> dict[str, Any]:
        """By docs/schema/verify.schema.json."""
        return {
            "ok": self.ok,
            "pictures": self.pictures,
            "bytes": {"differ": self.bytes_differ, "largest": self.largest_byte},
            "tensor": {"differ": self.tensors_differ, "largest": self.largest_tensor},
            "cause": self.cause,
        }


@dataclass(frozen=True)
class Engine:
    """A stage with an engine in it. ``broken`` are the clauses of limits that do not hold."""

    measures: Measures
    broken: Sequence[str]

    @property
    def ok(self) -> bool:
        """Whether every limit holds."""
        return not self.broken

    def to_json(self) -> dict[str, Any]:
        """By docs/schema/verify.schema.json."""
        return {"ok": self.ok, "broken": list(self.broken), **self.measures.to_json()}


@dataclass(frozen=True)
class Stages:
    """The stages over one set of inputs: the bundle's goldens, or the user's pictures.

    ``engine`` has the same tensor on both sides, ``end_to_end`` the same picture; None where there were none.
    """

    kind: Literal["goldens", "pictures"]
    preprocessing: Preprocessing | None
    engine: Engine | None
    end_to_end: Engine | None

    @property
    def ok(self) -> bool:
        """Whether no stage differs by more than it may."""
        return all(stage.ok for stage in (self.preprocessing, self.engine, self.end_to_end) if stage is not None)

    def to_json(self) -> dict[str, Any]:
        """By docs/schema/verify.schema.json."""
        parts = {"preprocessing": self.preprocessing, "engine": self.engine, "end_to_end": self.end_to_end}
        return {"ok": self.ok} | {name: None if part is None else part.to_json() for name, part in parts.items()}


@dataclass(frozen=True)
class Disagreement:
    """A picture with two first places: its name, and on each side the best classes as (class id, label, probability).

    ``label`` is the true class where that is known.
    """

    file: str
    reference: list[tuple[int, str | None, float]]
    variant: list[tuple[int, str | None, float]]
    label: int | None = None

    def to_json(self) -> dict[str, Any]:
        """By docs/schema/verify.schema.json."""

        def best(side: list[tuple[int, str | None, float]]) -> list[dict[str, Any]]:
            return [{"class_id": number, "label": label, "score": score} for number, label, score in side]

        sides = {"reference": best(self.reference), "variant": best(self.variant)}
        return {"file": self.file, "label": self.label, **sides}


@dataclass
class VariantResult:
    """What is known of a variant at a place. ``refusal`` says why it did not run, and then there is nothing else.

    ``milliseconds`` has the median time of the engine for one picture, of the reference and of the variant.
    """

    id: str
    precision: str
    size: int
    limits: Limits
    refusal: str | None = None
    error: dict[str, str] | None = None
    goldens: Stages | None = None
    pictures: Stages | None = None
    accuracy: Mapping[str, Accuracy] = field(default_factory=dict)
    disagreements: list[Disagreement] = field(default_factory=list)
    histogram: Mapping[str, Any] | None = None
    points: list[tuple[float, float]] = field(default_factory=list)
    milliseconds: tuple[float | None, float | None] = (None, None)
    layers: dict[str, Any] | None = None
    sentence: str = ""
    place: str = "host"

    @property
    def ran(self) -> bool:
        """Whether it was run at all."""
        return self.refusal is None and self.error is None

    @property
    def ok(self) -> bool:
        """Whether it ran, and within its limits."""
        return self.ran and all(stages.ok for stages in (self.goldens, self.pictures) if stages is not None)

    def to_json(self) -> dict[str, Any]:
        """By docs/schema/verify.schema.json."""
        return {
            "id": self.id,
            "on": self.place,
            "precision": self.precision,
            "size": self.size,
            "ok": self.ok if self.refusal is None else None,
            "sentence": self.sentence,
            "refusal": self.refusal,
            "error": self.error,
            "limits": self.limits.to_json(),
            "goldens": None if self.goldens is None else self.goldens.to_json(),
            "pictures": None if self.pictures is None else self.pictures.to_json(),
            "accuracy": {name: accuracy.to_json() for name, accuracy in self.accuracy.items()} or None,
            "disagreements": [each.to_json() for each in self.disagreements],
            "histogram": self.histogram,
            "points": [list(point) for point in self.points],
            "milliseconds": dict(zip(("reference", "variant"), self.milliseconds, strict=True)),
            "layers": self.layers,
        }


@dataclass(frozen=True)
class Verification:
    """What a run of ``oarlock verify`` found.

    ``places`` are where the variants ran, each of them at each place. ``reference`` says what answered for the
    pictures, or what recorded the goldens. ``failed`` are the pictures that could not be read, as (name, sentence).
    """

    bundle: str
    name: str
    places: Sequence[str]
    environment: Mapping[str, str]
    reference: Mapping[str, Any] | None
    pictures: int
    labelled: bool
    failed: Sequence[tuple[str, str]]
    variants: Sequence[VariantResult]
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether something ran, and all that ran is within its limits."""
        tried = [each for each in self.variants if each.refusal is None]
        return bool(tried) and all(each.ok for each in tried) and not self.failed

    @property
    def place(self) -> str:
        """All places, for people."""
        return ", ".join(self.places)

    def called(self, result: VariantResult) -> str:
        """What a variant is called here: by its id, and where there are several places, by its own as well."""
        return f"{result.id} on {result.place}" if len(self.places) > 1 else result.id

    @property
    def sentence(self) -> str:
        """The verdict."""
        tried = [each for each in self.variants if each.refusal is None]
        wrong = [self.called(each) for each in tried if not each.ok]
        if not tried:
            count = len(self.variants) // len(self.places)
            return f"None of the {count} variants runs on {self.place}, so that nothing was verified."
        if wrong:
            return f"{', '.join(wrong)}: not as the reference."
        on = f"{self.pictures} pictures and the goldens" if self.pictures else "the goldens"
        if not any(each.goldens for each in tried):
            on = f"{self.pictures} pictures"
        what = f"{len(tried)} of {len(self.variants)} variants" if len(tried) < len(self.variants) else "every variant"
        unread = f" {len(self.failed)} pictures could not be read." if self.failed else ""
        return f"On {self.place}, {what} answered as the reference on {on}, within the limits.{unread}"

    def to_json(self) -> dict[str, Any]:
        """By docs/schema/verify.schema.json."""
        return {
            "ok": self.ok,
            "sentence": self.sentence,
            "bundle": self.bundle,
            "name": self.name,
            "on": self.place,
            "environment": dict(self.environment),
            "reference": None if self.reference is None else dict(self.reference),
            "pictures": {
                "count": self.pictures,
                "labelled": self.labelled,
                "failed": [{"file": file, "message": message} for file, message in self.failed],
            },
            "variants": [each.to_json() for each in self.variants],
            "seconds": round(self.seconds, 3),
        }
