# SPDX-License-Identifier: AGPL-3.0-or-later
"""The application's description of itself."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from api.shapes import ShapeIn, ShapeOut


class Described(FastAPI):
    """An application whose OpenAPI document shows its examples whole."""

    def openapi(self) -> dict[str, Any]:
        """The document; FastAPI takes all nulls out of it, those of the examples too, which need them."""
        document = super().openapi()
        shapes = document["components"]["schemas"]
        for shape in (*_kinds(ShapeIn), *_kinds(ShapeOut)):
            more = shape.model_config.get("json_schema_extra")
            if shape.__name__ in shapes and isinstance(more, dict):
                shapes[shape.__name__] |= more
        return document


def _kinds(shape: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for kind in shape.__subclasses__():
        yield kind
        yield from _kinds(kind)
