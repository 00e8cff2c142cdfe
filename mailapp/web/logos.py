"""GET /logo: the site's own logo, for everybody who may see the log-in page."""

from quart import Blueprint, Response, abort

from mailapp.web.assets import FOREVER
from mailapp.web.context import context
from mailapp.web.headers import FILE_POLICY

blueprint = Blueprint("logos", __name__)


@blueprint.get("/logo")
async def logo() -> Response:
    """Its address changes with it, so it may be kept for ever. Nothing but a checked raster picture is ever stored."""
    found = await context().settings.logo()
    if found is None:
        abort(404)
    response = Response(found[1], 200, content_type=found[0])
    response.headers["Cache-Control"] = FOREVER
    response.headers["Content-Security-Policy"] = FILE_POLICY
    return response
