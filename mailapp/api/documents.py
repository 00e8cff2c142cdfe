"""The document programs read the API by; the page people read it on is made of the same."""

import msgspec
from quart import Blueprint, Response

from mailapp.api.openapi import document
from mailapp.api.operations import JSON, PREFIX

blueprint = Blueprint("documents", __name__)


@blueprint.get(f"{PREFIX}/openapi.json")
async def openapi() -> Response:
    """No token is needed: nothing in it is secret."""
    response = Response(msgspec.json.encode(document()), 200, content_type=JSON)
    response.headers["Cache-Control"] = "no-cache"
    return response
