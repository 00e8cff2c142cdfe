"""What tests share of a site's compiled code never mixes two sources, languages or rules."""

from jinja2 import DictLoader, Environment
from werkzeug.routing import Map, Rule

from tests.compiled import compiled_once


def _environment(language: str, word: str) -> Environment:
    environment = Environment(loader=DictLoader({"page": word + " {{ lang }} {{ name }}"}))
    environment.globals.update(lang=language)
    return environment


def test_a_template_is_compiled_once_a_source_and_a_language() -> None:
    with compiled_once():
        pages = [_environment(*each).get_template("page") for each in (("en", "a"), ("zh", "a"), ("en", "b"))]
        again = _environment("en", "a").get_template("page")
    assert [each.render(name="x") for each in pages] == ["a en x", "a zh x", "b en x"]
    assert again.root_render_func.__code__ is pages[0].root_render_func.__code__
    assert len({id(each.root_render_func.__code__) for each in pages}) == 3


def test_addresses_are_built_from_the_rule_that_was_asked_for() -> None:
    rules = [Rule("/a/<one>", endpoint="a"), Rule("/b/<one>", endpoint="b"), Rule("/b/<int:one>/c", endpoint="c")]
    for _ in range(2):
        with compiled_once():
            urls = Map([each.empty() for each in rules]).bind("mail.example")
        assert [urls.build(each.endpoint, {"one": 7, "q": "x"}) for each in rules] == [
            "/a/7?q=x",
            "/b/7?q=x",
            "/b/7/c?q=x",
        ]
        assert urls.build("a", {"one": "ü"}, append_unknown=False) == "/a/%C3%BC"


def test_builders_are_shared_between_equal_rules_and_bound_to_their_own() -> None:
    with compiled_once():
        first, second = (Rule("/a/<one>", endpoint="a", defaults=each) for each in (None, None))
        other = Rule("/a/<one>", endpoint="a", defaults={"one": "x"})
        Map([first]), Map([second]), Map([other])
    assert first._build.__func__ is second._build.__func__  # type: ignore[attr-defined]
    assert first._build.__self__ is first  # type: ignore[attr-defined]
    assert second._build.__self__ is second  # type: ignore[attr-defined]
    assert other.build({}, append_unknown=False) == ("", "/a/x")
