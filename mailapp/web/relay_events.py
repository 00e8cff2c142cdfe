"""POST /relay-events/<relay>: what a relay service tells about delivery. Signed instead of same-origin."""

from typing import cast

from quart import Blueprint, Response, abort, request

from mailapp.flow.relaying import EventsRefused
from mailapp.web.context import context

blueprint = Blueprint("relay_events", __name__)
SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"


@blueprint.post("/relay-events/<id:relay_id>")
async def take(relay_id: int) -> Response:
    """204 where the events were taken; 403 for a wrong or stale signature, whoever the relay is; 400 for no events."""
    signature, timestamp = request.headers.get(SIGNATURE, ""), request.headers.get(TIMESTAMP, "")
    relaying = context().relaying
    if not signature or not timestamp or not await relaying.has_events(relay_id):
        abort(403)
    try:
        body = cast(bytes, await request.get_data(as_text=False))
        await relaying.take_events(relay_id, signature, timestamp, body)
    except EventsRefused:
        abort(403)
    except ValueError:
        abort(400)
    return Response("", 204)
