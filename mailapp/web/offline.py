"""What an installed app needs: the service worker, and the page it shows where the server is out of reach."""

from quart import Blueprint, Response, abort

from mailapp.web.context import site
from mailapp.web.fragments import page

blueprint = Blueprint("offline", __name__)
WORKER = "js/sw.js"
WORKER_POLICY = "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"
"""What the worker may do is what its own answer says, not the page's."""


@blueprint.get("/sw.js")
async def worker() -> Response:
    """The service worker. At the root, because one below /static/ could only serve /static/."""
    asset = site().pages.assets.find(WORKER)
    if asset is None:
        abort(404)
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": WORKER_POLICY}
    return Response(asset.body, 200, headers, content_type=asset.content_type)


@blueprint.get("/offline")
async def offline() -> Response:
    """Kept by the service worker. The same for everybody: it is fetched without a session."""
    return await page("offline.html")
