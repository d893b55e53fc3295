"""The API in words: an OpenAPI 3.1 document, and a page of it that loads nothing from elsewhere."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from .. import __version__
from ..write import page as kit
from .edits import LEAST
from .saving import KINDS
from .thresholds import RANGES, Thresholds

Schema = dict[str, Any]
NUMBER: Schema = {"type": "number"}
INTEGER: Schema = {"type": "integer"}
STRING: Schema = {"type": "string"}
BOOLEAN: Schema = {"type": "boolean"}
PREFIX = "/api/images/{image}"
TILE = "{level}/{column}_{row}"


def document() -> Schema:
    """The whole document."""
    paths: Schema = {}
    for method, path, words, more in (*images(), *cells(), *jobs()):
        parameters = [parameter(name, "path") for name in names_in(path)] + more.get("parameters", [])
        done = more.get("answer", {"description": "done"})
        answers = {str(more.get("status", 200)): done, "default": ERROR}
        operation: Schema = {"summary": words, "parameters": parameters, "responses": answers}
        if "body" in more:
            operation["requestBody"] = {"required": True, "content": more["body"]}
        paths.setdefault(path, {})[method] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "mediar-box",
            "version": __version__,
            "description": "Images in, cells out, corrected by people. Coordinates are x, y in px of the "
            "image; 0, 0 is the upper left corner of its first pixel. Where the server listens beyond this "
            "machine, each request carries `Authorization: Bearer TOKEN`.",
        },
        "paths": paths,
        "components": {"schemas": {"Image": image_schema(), "Cell": CELL, "Thresholds": thresholds_schema()}},
    }


def images() -> list[tuple[str, str, str, Schema]]:
    """Requests about whole images."""
    name = parameter("name", "query", STRING, "of the file; its suffix says what it is")
    upload = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    return [
        ("get", "/api/state", "All images, the queue, learning; with `image`, that one in full",
         {"parameters": [parameter("image", "query", STRING, "id", required=False)]}),
        ("post", "/api/images", "Upload an image and predict its cells",
         {"parameters": [name], "body": upload, "status": 201, "answer": IMAGE}),
        ("get", PREFIX, "An image: state, thresholds, counts", {"answer": IMAGE}),
        ("delete", PREFIX, "Take an image out of the session", {"status": 204}),
        ("get", f"{PREFIX}/look/{TILE}.jpg", "A tile of the pixels, 256 px; level 0 is full size", {}),
        ("put", f"{PREFIX}/checked", "Say that all cells of an image are right",
         {"body": body({"checked": {"type": ["boolean", "null"]}}), "answer": IMAGE}),
        ("post", f"{PREFIX}/predict", "Run the network again, also with learned weights; corrections stay",
         {"body": body({"weights": STRING}), "answer": IMAGE}),
        ("post", f"{PREFIX}/save", "Write files into the output folder",
         {"body": body({"kinds": {"type": "array", "items": {"enum": list(KINDS)}}})}),
        ("get", f"{PREFIX}/files/{{kind}}", f"One file, made now: {', '.join(KINDS)}", {}),
    ]  # fmt: skip


def cells() -> list[tuple[str, str, str, Schema]]:
    """Requests about the cells of an image."""
    version = parameter("v", "query", STRING, "of the cells, so that tiles can be kept", required=False)
    where = [parameter(name, "query", NUMBER, "px", required=False) for name in ("x", "y")]
    which = [
        parameter("id", "query", INTEGER, "of the cell", required=False),
        parameter("after", "query", INTEGER, "id: the next one, the least certain first", required=False),
        parameter("step", "query", INTEGER, "-1: the one before instead", required=False),
    ]
    point = {"type": "array", "prefixItems": [NUMBER, NUMBER]}
    edit = {
        "op": {"enum": list(LEAST)},
        "points": {"type": "array", "items": point,
                   "description": "delete: in cells; merge: in two or more cells; split: in a cell, or a "
                   "line across it; draw: an outline"},
        "version": {**STRING, "description": "the edit is refused where the cells are of another one by now"},
    }  # fmt: skip
    return [
        ("get", f"{PREFIX}/cells/{TILE}.png", "A tile of the contours", {"parameters": [version]}),
        ("get", f"{PREFIX}/before/{TILE}.png", "The same, before the network was run again", {}),
        ("get", f"{PREFIX}/cell", "One cell: at x, y, or by its id, or the next to look at",
         {"parameters": [*where, *which], "answer": CELL_ANSWER}),
        ("put", f"{PREFIX}/thresholds", "Make the cells again, without the network",
         {"body": body(thresholds_schema()["properties"]), "answer": IMAGE}),
        ("post", f"{PREFIX}/edits", "Correct: delete, merge, split or draw",
         {"body": body(edit), "answer": IMAGE}),
        ("post", f"{PREFIX}/undo", "Take the last correction back", {"body": body({}), "answer": IMAGE}),
        ("post", f"{PREFIX}/redo", "Do it again", {"body": body({}), "answer": IMAGE}),
    ]  # fmt: skip


def jobs() -> list[tuple[str, str, str, Schema]]:
    """Requests about learning."""
    asked = {"minutes": NUMBER, "steps": INTEGER, "weights": {**STRING, "description": "to begin with"}}
    return [
        ("post", "/api/tune", "Learn from the images that were corrected",
         {"body": body(asked), "status": 202}),
        ("delete", "/api/tune", "Stop learning, and keep what was learnt so far", {"status": 204}),
    ]  # fmt: skip


def parameter(
    name: str, place: str, schema: Schema | None = None, words: str = "", *, required: bool = True
) -> Schema:
    """One of a path or of a query."""
    schema = schema or (INTEGER if name in ("level", "column", "row") else STRING)
    return {"name": name, "in": place, "required": required, "schema": schema, "description": words}


def body(properties: Schema) -> Schema:
    """A JSON object."""
    return {"application/json": {"schema": {"type": "object", "properties": properties}}}


def names_in(path: str) -> list[str]:
    """Those between braces."""
    return [part.split("}")[0] for part in path.split("{")[1:]]


def answer(words: str, schema: Schema) -> Schema:
    """JSON that comes back."""
    return {"description": words, "content": {"application/json": {"schema": schema}}}


def thresholds_schema() -> Schema:
    """With the ends and the defaults that the server holds to."""
    defaults = Thresholds().as_dict()
    return {
        "type": "object",
        "properties": {
            name: {"type": "number", "minimum": low, "maximum": high, "default": defaults[name]}
            for name, (low, high) in RANGES.items()
        },
    }


def image_schema() -> Schema:
    """The most useful of what is told of an image."""
    return {
        "type": "object",
        "properties": {
            "id": STRING,
            "name": STRING,
            "state": {"enum": ["queued", "working", "ready", "failed"]},
            "error": STRING,
            "progress": NUMBER,
            "height": INTEGER,
            "width": INTEGER,
            "cells": {"type": ["integer", "null"]},
            "edits": INTEGER,
            "thresholds": {"$ref": "#/components/schemas/Thresholds"},
            "tracking": {**BOOLEAN, "description": "whether cells are being made again"},
            "version": {**STRING, "description": "of the cells"},
        },
    }


CELL: Schema = {
    "type": "object",
    "properties": {
        "id": INTEGER,
        "area": INTEGER,
        "score": NUMBER,
        "x": NUMBER,
        "y": NUMBER,
        "box": {"type": "array", "items": INTEGER},
        "rings": {"type": "array", "description": "outlines, [x, y] along the edges of its pixels"},
    },
}
ERROR = answer("what was wrong, in one line", {"type": "object", "properties": {"error": STRING}})
IMAGE = answer("the image as it is now", {"$ref": "#/components/schemas/Image"})
CELL_ANSWER = answer("the cell", {"$ref": "#/components/schemas/Cell"})


def page(described: Schema) -> str:
    """The document for people."""
    parts = [
        "<h1>mediar-box: the API</h1>",
        f"<p>{escape(described['info']['description'])}</p>",
        '<p><a href="/">Back to the images</a> · <a href="/openapi.json">openapi.json</a></p>',
    ]
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            head, words = escape(f"{method.upper()} {path}"), escape(operation["summary"])
            parts.append(f"<h3><code>{head}</code></h3><p>{words}</p>")
            given = [(p["name"], p["description"]) for p in operation["parameters"] if p["in"] == "query"]
            if given:
                rows = "".join(f"<dt><code>?{escape(n)}=</code></dt><dd>{escape(w)}</dd>" for n, w in given)
                parts.append(f"<dl>{rows}</dl>")
            for kind, content in operation.get("requestBody", {}).get("content", {}).items():
                inside = content["schema"].get("properties")
                shown = kind if inside is None else f"{kind}\n{json.dumps(inside, indent=1)}"
                parts.append(f"<details><summary>body</summary><pre>{escape(shown)}</pre></details>")
    return kit.page("mediar-box: the API", parts)
