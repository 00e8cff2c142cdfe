"""One operation of the API: its address and shapes are said once, checked here, and told in the OpenAPI document."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from typing import Any, Generic, TypeVar, cast

import msgspec
from quart import Blueprint, Response, request

from mailapp.api.access import admit
from mailapp.api.context import Held, held
from mailapp.api.problems import DETAILS, Refused, busy
from mailapp.flow.tokens import Holder
from mailapp.values import dataclass

Q = TypeVar("Q")
B = TypeVar("B")
JSON = "application/json"
PREFIX = "/api/v1"
LARGE = 1_048_576
LARGE_AT_ONCE = 2
LARGE_S = 60
"""Seconds a large body may take, and a second more for each SLOWEST bytes of it."""
SLOWEST = 32_768


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No parameters."""


@dataclass(frozen=True, slots=True)
class Call(Generic[Q, B]):
    """A request that was let in and understood."""

    holder: Holder
    query: Q
    body: B
    raw: bytes = b""
    """The body as it came."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What the document says of one method of one path."""

    method: str
    path: str
    name: str
    summary: str
    scope: str
    answers: Mapping[int, tuple[str, Any]]
    """(description, struct or media type, None for no body) by status."""
    query: type[msgspec.Struct] = Nothing
    body: type[msgspec.Struct] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Request fields with their descriptions."""
    problems: tuple[int, ...] = ()
    """Further problems than those every operation may answer with."""


OPERATIONS: list[Operation] = []
View = Callable[..., Awaitable[Response]]


def operation(blueprint: Blueprint, told: Operation) -> Callable[[View], View]:
    """Serve an operation: the view is called with a Call, and with what the path names."""
    OPERATIONS.append(told)

    def bind(view: View) -> View:
        async def answer(**named: Any) -> Response:
            holder = await admit(told.scope)
            query = query_of(told.query)
            if told.body is None:
                return await view(Call(holder, query, None), **named)
            if request.mimetype != JSON:
                raise Refused(415, f"The body has to be {JSON}.", Accept_Post=JSON)
            with _room(held(), holder.account.id):
                raw = cast(bytes, await request.get_data(cache=False, as_text=False))
                return await view(Call(holder, query, _decoded(raw, told.body), raw), **named)

        blueprint.add_url_rule(
            PREFIX + told.path.replace("{", "<").replace("}", ">"), told.name, answer, methods=[told.method]
        )
        return view

    return bind


def query_of(shape: type[Q]) -> Q:
    """The parameters of the request. Raises Refused 400."""
    given = request.args
    twice = next((name for name in given if len(given.getlist(name)) > 1), None)
    if twice is not None:
        raise Refused(400, f"The parameter {twice[:60]!r} is given twice.")
    if any("\ufffd" in value or "\0" in value for value in given.values()):
        raise Refused(400, "A parameter is not UTF-8.")
    try:
        return msgspec.convert(given.to_dict(), shape, strict=False)
    except msgspec.ValidationError as error:
        raise Refused(400, f"A parameter cannot be used: {error}.") from None


@contextmanager
def _room(held: Held, account_id: int) -> Iterator[None]:
    """Large bodies only so many at once, of an account only one, and none that trickles in: each is held several times
    over while it is read. Raises Refused: 503, and 411 where nobody says how large it is."""
    length = request.content_length
    if length is None:
        raise Refused(411, DETAILS[411])
    if length <= LARGE:
        yield
        return
    if len(held.large) >= LARGE_AT_ONCE or account_id in held.large:
        raise busy("Large messages are on their way already. Try again in a moment.")
    request.body_timeout = LARGE_S + length // SLOWEST
    held.large.add(account_id)
    try:
        yield
    finally:
        held.large.discard(account_id)


def _decoded(raw: bytes, shape: type[B]) -> B:
    """The body as it is meant. Raises Refused: 400 where it is no JSON, 422 where it is not what is wanted."""
    try:
        return msgspec.json.decode(raw, type=shape)
    except msgspec.ValidationError as error:
        raise Refused(422, f"The body cannot be used: {error}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Refused(400, "The body is not JSON.") from None
    except RecursionError:
        raise Refused(400, "The body is too deep.") from None


def answer(shape: msgspec.Struct, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A struct as JSON."""
    return Response(msgspec.json.encode(shape), status, dict(headers or {}), content_type=JSON)
