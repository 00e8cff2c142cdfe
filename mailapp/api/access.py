"""Who a request comes from: a token in the Authorization field (RFC 6750), its scopes, and how often it may ask."""

from quart import Response, g, request

from mailapp.api.context import context
from mailapp.api.problems import QUOTA, Refused
from mailapp.flow.allowances import WINDOW_S, Allowance
from mailapp.flow.tokens import Holder

REALM = 'Bearer realm="mailapp"'


async def admit(scope: str) -> Holder:
    """The holder of the request's token. Raises Refused: 401 without one that counts, 429, 403 beyond its scopes."""
    scheme, _, secret = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise Refused(401, "A token is needed: Authorization: Bearer <token>.", WWW_Authenticate=REALM)
    tokens = context().tokens
    holder = await tokens.holder(secret.strip())
    if holder is None:
        wrong = f'{REALM}, error="invalid_token"'
        raise Refused(401, "The token is unknown, revoked or expired.", WWW_Authenticate=wrong)
    allowance = tokens.spend(holder)
    g.allowance = allowance
    if allowance.refused:
        detail = f"The token may make {allowance.limit} requests in a minute."
        raise Refused(429, detail, QUOTA, Retry_After=str(allowance.reset_s))
    await tokens.note_use(holder)
    if not holder.may(scope):
        missing = f'{REALM}, error="insufficient_scope", scope="{scope}"'
        raise Refused(403, f"The token lacks the scope {scope}.", WWW_Authenticate=missing)
    return holder


def tell_allowance(response: Response) -> None:
    """Say what is left (draft-ietf-httpapi-ratelimit-headers)."""
    allowance: Allowance | None = g.get("allowance")
    if allowance is not None:
        response.headers["RateLimit-Policy"] = f'"minute";q={allowance.limit};w={WINDOW_S}'
        response.headers["RateLimit"] = f'"minute";r={allowance.left};t={allowance.reset_s}'
