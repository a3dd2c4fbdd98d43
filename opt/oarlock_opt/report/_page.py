"""The page from its templates. Everything that comes from outside is escaped, and shown as text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from oarlock_opt.report import _words
from oarlock_opt.report._thumbnails import MOST, Thumbnails
from oarlock_opt.report._view import variants

__all__ = ["page"]

_TEMPLATES = Path(__file__).with_name("templates")


def page(data: Mapping[str, Any], thumbnails: Thumbnails) -> str:
    """The whole file; ``data`` by docs/schema/verify.schema.json."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update({name: getattr(_words, name) for name in _words.__all__})
    template = environment.get_template("page.html.j2")
    return template.render(data=data, variants=variants(data, thumbnails), most_pictures=MOST)
