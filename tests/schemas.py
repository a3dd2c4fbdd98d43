"""Validation of every --json against docs/schema."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

_FOLDER = Path(__file__).parent.parent / "docs" / "schema"


def validate(value: object, name: str) -> None:
    """Raise jsonschema.ValidationError unless ``value`` obeys docs/schema/NAME.schema.json."""
    _validator(name).validate(value)


def validate_part(value: object, name: str, pointer: str) -> None:
    """The same for one definition of a schema, ``pointer`` such as "$defs/preprocess"."""
    schema = {"$ref": f"{name}.schema.json#/{pointer}"}
    Draft202012Validator(schema, registry=_registry()).validate(value)


@functools.cache
def _validator(name: str) -> Draft202012Validator:
    # Through a reference, so that the schema's own relative references are resolved beside it.
    return Draft202012Validator({"$ref": f"{name}.schema.json"}, registry=_registry())


@functools.cache
def _registry() -> Registry[Any]:
    resources = [
        (path.name, Resource.from_contents(json.loads(path.read_text(encoding="utf-8")), DRAFT202012))
        for path in _FOLDER.glob("*.json")
    ]
    return Registry().with_resources(resources)
