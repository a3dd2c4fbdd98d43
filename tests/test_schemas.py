"""The schemas are valid themselves, and refer only to one another."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.conftest import ROOT

_SCHEMAS = sorted((ROOT / "docs" / "schema").glob("*.json"))


@pytest.mark.parametrize("path", _SCHEMAS, ids=lambda path: path.name)
def test_schema_is_valid(path: Path) -> None:
    schema = json.loads(path.read_text())
    Draft202012Validator.check_schema(schema)
    for reference in _references(schema):
        file, _, pointer = reference.partition("#")
        target = json.loads((path.parent / file).read_text()) if file else schema
        for part in pointer.strip("/").split("/") if pointer else ():
            target = target[part]


def _references(node: object) -> list[str]:
    if isinstance(node, dict):
        here = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return here + [found for value in node.values() for found in _references(value)]
    if isinstance(node, list):
        return [found for value in node for found in _references(value)]
    return []
