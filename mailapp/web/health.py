"""GET /healthz: whether everything is alive, for monitors and installers."""

from quart import Blueprint, Response, jsonify

from mailapp.web.context import context

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
async def healthz() -> tuple[Response, int]:
    """200 and {"status": "ok"}, or 503 and what is wrong. Needs no session and tells nothing else."""
    wrong = list(context().health())
    if wrong:
        return jsonify({"status": "failing", "wrong": wrong}), 503
    return jsonify({"status": "ok"}), 200
