"""GET /api/docs: the API as people read it, made of the document programs read; no session is needed."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

from quart import Blueprint, Response

from mailapp.values import dataclass
from mailapp.web.context import context
from mailapp.web.fragments import page
from mailapp.web.reader import Reader, current_reader

blueprint = Blueprint("api_docs", __name__)
REF = "#/components/schemas/"
BOUNDS = (("minimum", "≥ {}"), ("maximum", "≤ {}"), ("maxLength", "≤ {}"), ("maxItems", "≤ {}"))


@dataclass(frozen=True, slots=True)
class FieldView:
    """A parameter, or a field of a shape."""

    name: str
    type: str
    shape: str
    """The shape its type names, "" for none."""
    text: str
    required: bool


@dataclass(frozen=True, slots=True)
class AnswerView:
    status: str
    text: str
    type: str
    shape: str


@dataclass(frozen=True, slots=True)
class OperationView:
    id: str
    method: str
    path: str
    summary: str
    scope: str
    parameters: tuple[FieldView, ...]
    body: str
    """The shape of the body, "" for none."""
    answers: tuple[AnswerView, ...]
    problems: tuple[AnswerView, ...]
    example: str


@dataclass(frozen=True, slots=True)
class ShapeView:
    name: str
    fields: tuple[FieldView, ...]


@dataclass(frozen=True, slots=True)
class DocsView:
    version: str
    document_href: str
    operations: tuple[OperationView, ...]
    shapes: tuple[ShapeView, ...]


@blueprint.get("/api/docs")
async def docs() -> Response:
    document = await asyncio.to_thread(context().api_document)  # the first time it is read from the API's modules
    return await page("api_docs.html", docs=docs_view(current_reader(), document, _base()))


def _base() -> str:
    return context().config.public_url


def docs_view(reader: Reader, document: Mapping[str, Any], base: str) -> DocsView:
    """The document as a page shows it, its words in the reader's language."""
    operations = [
        _operation(reader, base, method.upper(), path, told)
        for path, methods in document.get("paths", {}).items()
        for method, told in methods.items()
    ]
    schemas = document.get("components", {}).get("schemas", {})
    shapes = [ShapeView(name, _fields(reader, each)) for name, each in schemas.items()]
    version = document.get("info", {}).get("version", "")
    return DocsView(version, "/api/v1/openapi.json", tuple(operations), tuple(shapes))


def _operation(reader: Reader, base: str, method: str, path: str, told: Mapping[str, Any]) -> OperationView:
    answers = [_answer(reader, status, each) for status, each in told["responses"].items()]
    content = told.get("requestBody", {}).get("content", {})
    body = next((_shape_of(each["schema"]) for each in content.values()), "")
    return OperationView(
        id=told["operationId"],
        method=method,
        path=path,
        summary=_said(reader, told["summary"]),
        scope=told["x-scope"],
        parameters=tuple(
            FieldView(
                each["name"],
                _type(each["schema"]),
                "",
                _said(reader, each.get("description", "")),
                each.get("required", False),
            )
            for each in told["parameters"]
        ),
        body=body,
        answers=tuple(each for each in answers if each.status < "400"),
        problems=tuple(each for each in answers if each.status >= "400"),
        example=_example(base, method, path, body),
    )


def _answer(reader: Reader, status: str, told: Mapping[str, Any]) -> AnswerView:
    content: Mapping[str, Any] = told.get("content", {})
    kind = next(iter(content), "")
    shape = _shape_of(content[kind]["schema"]) if kind else ""
    return AnswerView(status, _said(reader, told["description"]), kind, shape)


def _fields(reader: Reader, schema: Mapping[str, Any]) -> tuple[FieldView, ...]:
    required: Sequence[str] = schema.get("required", ())
    return tuple(
        FieldView(name, _type(each), _shape_of(each), _said(reader, each.get("description", "")), name in required)
        for name, each in schema.get("properties", {}).items()
    )


def _said(reader: Reader, text: str) -> str:
    return reader.gettext(text) if text else ""


def _shape_of(schema: Mapping[str, Any]) -> str:
    """The shape a schema names, in a list or beside null too."""
    for each in (schema, schema.get("items", {}), *schema.get("anyOf", ()), *schema.get("allOf", ())):
        if "$ref" in each:
            return str(each["$ref"]).removeprefix(REF)
    return ""


def _type(schema: Mapping[str, Any]) -> str:
    """A type in a few characters."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(REF)
    for key in ("anyOf", "allOf"):
        if key in schema:
            return " | ".join(_type(each) for each in schema[key])
    if "enum" in schema:
        return " | ".join(json.dumps(each) for each in schema["enum"])
    kind = str(schema.get("type", ""))
    if kind == "array":
        return f"[{_type(schema.get('items', {}))}]"
    if schema.get("format") == "date-time":
        return "date-time"
    bounds = [text.format(f"{schema[key]:,}") for key, text in BOUNDS if key in schema and schema[key] < 2**53]
    return f"{kind} {', '.join(bounds)}".strip()


def _example(base: str, method: str, path: str, body: str) -> str:
    """The call in a shell."""
    path = path.replace("{message_id}", "latest")
    query = "?to=shop@example.com" if path.endswith(("/codes", "/messages")) and method == "GET" else ""
    lines = ["curl" + ("" if method == "GET" else f" -X {method}") + f" '{base}{path}{query}'"]
    lines.append('  -H "Authorization: Bearer $TOKEN"')
    if body:
        lines.append('  -H "Content-Type: application/json"')
        lines.append("""  -d '{"to": ["zhou@example.com"], "subject": "Hello", "text": "A letter."}'""")
    return " \\\n".join(lines)
