"""The OpenAPI 3.1 document, made of the structs and operations that check what comes."""

import re
from functools import cache
from typing import Any

import msgspec

from mailapp import __version__
from mailapp.api import codes, events, mailboxes, messages, sending
from mailapp.api.operations import JSON, OPERATIONS, PREFIX, Operation
from mailapp.api.problems import JSON as PROBLEM_JSON
from mailapp.api.shapes import Event, Problem
from mailapp.api.words import _

NOUNS = (messages, sending, codes, events, mailboxes)
ALWAYS = (400, 401, 403, 429, 503)
"""Problems any operation may answer with."""
TOLD = {
    400: _("The request cannot be read."),
    401: _("No token, or one that is unknown, revoked or expired."),
    403: _("The token lacks the scope, or does not reach that far."),
    404: _("There is nothing here, or it is gone."),
    409: _("It is being done right now."),
    411: _("The length of the body is not said."),
    413: _("Too large."),
    415: _("The body is not JSON."),
    422: _("The body is JSON, but not what is wanted."),
    429: _("Too much in this time."),
    503: _("Busy, or stopping."),
}
FIELDS: dict[str, tuple[str, dict[str, Any]]] = {
    "RateLimit-Policy": (_("How many requests (q) the token has in so many seconds (w)."), {"type": "string"}),
    "RateLimit": (_("How many are left (r), and seconds until there are all again (t)."), {"type": "string"}),
    "Retry-After": (_("Seconds to wait."), {"type": "integer", "minimum": 0}),
    "WWW-Authenticate": (_("What is missing (RFC 6750)."), {"type": "string"}),
    "Next-Since": (_("What to give as `since` next time."), {"type": "integer"}),
    "Location": (_("The copy in Sent."), {"type": "string"}),
}
PARAMETER = re.compile(r"\{(\w+)\}")
REF = "#/components/schemas/{name}"


@cache
def document() -> dict[str, Any]:
    """The document, as JSON is made of it."""
    shapes: list[Any] = [Problem, Event]
    for one in OPERATIONS:
        shapes += [each for _, each in one.answers.values() if _is_struct(each)]
        shapes += [one.query, *([one.body] if one.body else [])]
    unique = list(dict.fromkeys(shapes))
    schemas, components = msgspec.json.schema_components(unique, ref_template=REF)
    schema_of = dict(zip(unique, schemas, strict=True))
    parameters = {}
    for query in {one.query for one in OPERATIONS}:
        parameters[query] = _parameters(components.pop(query.__name__))
    paths: dict[str, Any] = {}
    for one in OPERATIONS:
        paths.setdefault(PREFIX + one.path, {})[one.method.lower()] = _operation(one, parameters[one.query], schema_of)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "mailapp",
            "version": __version__,
            "summary": "Codes the moment they arrive, messages, sending, events.",
            "description": "Every request carries a token: `Authorization: Bearer <token>`. Errors are problem+json.",
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "headers": {name: {"description": text, "schema": schema} for name, (text, schema) in FIELDS.items()},
        },
    }


def _is_struct(shape: Any) -> bool:
    return isinstance(shape, type) and issubclass(shape, msgspec.Struct)


def _parameters(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The fields of a query as parameters."""
    found = []
    for name, each in schema.get("properties", {}).items():
        told = {key: value for key, value in each.items() if key != "description"}
        found.append({"name": name, "in": "query", "schema": told, "description": each.get("description", "")})
    return found


def _operation(one: Operation, parameters: list[dict[str, Any]], schema_of: dict[Any, Any]) -> dict[str, Any]:
    named = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _("The number of a message, or `latest`."),
            "schema": {"type": "string", "pattern": "^([1-9][0-9]{0,17}|latest)$"},
        }
        for name in PARAMETER.findall(one.path)
    ]
    fields = [
        {"name": name, "in": "header", "description": text, "schema": {"type": "string", "maxLength": 255}}
        for name, text in one.headers.items()
    ]
    told: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "description": f"Needs the scope `{one.scope}`.",
        "x-scope": one.scope,
        "parameters": [*named, *parameters, *fields],
        "responses": {str(status): _answer(one, status, *each, schema_of) for status, each in one.answers.items()},
    }
    if one.body is not None:
        told["requestBody"] = {"required": True, "content": {JSON: {"schema": schema_of[one.body]}}}
    for status in sorted({*ALWAYS, *one.problems}):
        told["responses"][str(status)] = {
            "description": TOLD[status],
            "headers": _headers(*_problem_headers(status)),
            "content": {PROBLEM_JSON: {"schema": schema_of[Problem]}},
        }
    return told


def _answer(one: Operation, status: int, text: str, shape: Any, schema_of: dict[Any, Any]) -> dict[str, Any]:
    names = ["RateLimit-Policy", "RateLimit"]
    names += ["Next-Since"] if one.name == codes.LIST.name else []
    names += ["Location"] if status == 202 else []
    told: dict[str, Any] = {"description": text, "headers": _headers(*names)}
    if shape == events.SSE:
        told["content"] = {shape: {"schema": _event(schema_of[Event])}}
    elif isinstance(shape, str):
        told["content"] = {shape: {"schema": {"type": "string"}}}
    elif shape is not None:
        told["content"] = {JSON: {"schema": schema_of[shape]}}
    return told


def _event(data: dict[str, Any]) -> dict[str, Any]:
    """One server-sent event by its fields."""
    text = {"type": "string"}
    fields = {"id": text, "event": text, "data": {**text, "contentMediaType": JSON, "contentSchema": data}}
    return {"type": "object", "properties": fields, "required": list(fields)}


def _problem_headers(status: int) -> list[str]:
    if status in (401, 403):
        return ["WWW-Authenticate"]
    return ["Retry-After"] if status in (409, 429, 503) else []


def _headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
