"""Static files: addresses by their bytes, and files that are sent as one."""

from pathlib import Path

import pytest

from mailapp.web import assets, bundles
from mailapp.web.assets import Assets

STATIC = Path(__file__).parents[2] / "static"


def test_a_bundle_holds_its_files_in_order_and_changes_with_any_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "js").mkdir()
    (tmp_path / "js/b.js").write_text("second();\n")
    (tmp_path / "js/a.js").write_text("// a remark\nfirst();\n")
    monkeypatch.setattr(assets, "BUNDLES", {"js/all.js": ("js/a.js", "js/b.js")})
    held = Assets(tmp_path)
    found = held.find("js/all.js")
    assert found is not None
    assert found.body == b"first();\nsecond();"
    assert found.content_type.startswith("text/javascript")
    (tmp_path / "js/b.js").write_text("third and longer();\n")
    again = held.find("js/all.js")
    assert again is not None
    assert again.body.endswith(b"third and longer();")
    assert again.version != found.version


@pytest.mark.parametrize("name", bundles.BUNDLES)
def test_every_file_of_a_bundle_is_there_and_stands_for_itself(name: str) -> None:
    for part in bundles.BUNDLES[name]:
        text = (STATIC / part).read_text(encoding="utf-8").strip()
        assert not part.endswith(".js") or (text.endswith("})();") and "currentScript" not in text), part
    assert Assets(STATIC).find(name) is not None
