"""The document tells the truth: it is OpenAPI 3.1, and no request it lets one think of gets an undeclared answer."""

import asyncio
from typing import Any

import jsonschema_rs
import msgspec
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from mailapp.api import shapes
from mailapp.api.openapi import document
from mailapp.events import Bus
from mailapp.store import settings as stored
from tests.api.conftest import SHOP, Api, api_of, code_letter
from tests.web.conftest import LIN, Mail, serving

EXAMPLES = 25
"""Requests for each operation, right ones and wrong ones each."""
NOT_ASKED = [positive_data_acceptance, negative_data_rejection]
"""No schema can tell whether a search or a recipient makes sense; and of wrong requests some are wrong only in their
Authorization, which is put right here. That wrong parameters are refused is tested one by one."""


async def test_it_is_read_without_a_token_and_names_every_route(api: Api) -> None:
    found = await api.get("/openapi.json")
    assert (found.status, found.headers["Content-Type"]) == (200, "application/json")
    told = found.json
    assert told == msgspec.json.decode(msgspec.json.encode(document()))
    routes = {
        (method, rule.rule.replace("<", "{").replace(">", "}"))
        for rule in api.app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if not rule.rule.endswith("/openapi.json")
    }
    assert {(each.upper(), path) for path, methods in told["paths"].items() for each in methods} == routes


def test_every_reference_leads_somewhere_and_every_shape_is_used() -> None:
    text = msgspec.json.encode(document()).decode()
    schemas = document()["components"]["schemas"]
    for name in schemas:
        assert f'"#/components/schemas/{name}"' in text
    assert text.count("#/components/schemas/") == sum(text.count(f'"#/components/schemas/{name}"') for name in schemas)
    for schema in schemas.values():
        jsonschema_rs.validator_for({**schema, "components": document()["components"]})


async def test_what_is_answered_is_what_the_shapes_say(api: Api) -> None:
    """The structs write the answers; that the document says the same of them is checked on real ones."""
    token = await api.token()
    await api.mail.deliver(code_letter(), SHOP)
    for path, shape in (("/messages", "Messages"), ("/messages/latest", "Message"), ("/mailboxes", "Mailboxes")):
        answer = (await api.get(path, token)).json
        schema = {"$ref": f"#/components/schemas/{shape}", "components": document()["components"]}
        assert jsonschema_rs.validator_for(schema).is_valid(answer), path
        assert msgspec.convert(answer, getattr(shapes, shape))
    sent = (await api("POST", "/messages", token, json={"to": [LIN], "text": "Hi"})).json
    schema = {"$ref": "#/components/schemas/Accepted", "components": document()["components"]}
    assert jsonschema_rs.validator_for(schema).is_valid(sent)


async def test_no_request_gets_an_undeclared_answer(mail: Mail, bus: Bus) -> None:
    """schemathesis over a real socket: right and wrong requests of its own making, for every operation."""
    await mail.context.database.write(stored.set_, "api_requests_limit", "1000000")
    await mail.context.database.write(stored.set_, "hourly_limit", "1000000")
    api = api_of(mail, longest_wait_s=0.02, stream_s=0.1)
    await mail.deliver(code_letter(), SHOP)
    token = await api.token()
    async with serving(api.app, bus) as served:
        tried = await asyncio.to_thread(_try_everything, served.url, token)
    assert len(tried) == sum(len(methods) for methods in document()["paths"].values())
    unsent = "POST /api/v1/messages"  # nobody makes up recipients by chance; test_sending does
    assert {label for label, seen in tried.items() if min(seen) < 300} == tried.keys() - {unsent}


def _try_everything(url: str, token: str) -> dict[str, set[int]]:
    """Statuses by operation. Raises what schemathesis found."""
    schema = schemathesis.openapi.from_dict(msgspec.json.decode(msgspec.json.encode(document())))
    schema.config.update(base_url=url)
    tried: dict[str, set[int]] = {}
    operations = [result.ok() for result in schema.get_all_operations()]
    for operation in sorted(operations, key=lambda each: each.method.lower() == "delete"):  # there is one to read first
        seen = tried.setdefault(operation.label, set())
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            _try(operation, mode, token, seen)
    return tried


def _try(operation: Any, mode: GenerationMode, token: str, seen: set[int]) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def one(case: Any) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        response = case.call_and_validate(headers=headers, timeout=60, excluded_checks=NOT_ASKED)
        seen.add(response.status_code)

    one()
