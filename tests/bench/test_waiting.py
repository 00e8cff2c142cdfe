"""The figures on waiting calls are taken of calls that really waited and of answers that were right."""

from bench import waiting
from tests.web.test_tokens import SECRET


async def test_a_short_run_of_the_measurement_answers_every_call_rightly() -> None:
    text, raw = await waiting.run(messages=3, waiting=20, rounds=1, flood=40)
    assert len(raw["alone_ms"]) == len(raw["beside_ms"]) == 3  # type: ignore[arg-type]
    assert len(raw["added"]) == len(raw["alone"]) == len(raw["beside"]) == 1  # type: ignore[arg-type]
    assert "| 1 call waits |" in text
    assert SECRET.search(text) is None


def test_each_mail_has_a_code_of_its_own() -> None:
    made = [waiting.code_mail(number) for number in range(200)]
    assert len({code for _, code in made}) == 200
    assert all(code.encode() in content for content, code in made)
