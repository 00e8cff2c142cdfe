"""/api/docs: everything the document says, readable, in the reader's language, without a session."""

import pytest

from mailapp.api.openapi import document
from tests.web.conftest import Mail


@pytest.mark.parametrize(
    ("language", "words"), [("zh-CN", "把一封邮件移到已删除"), ("en", "Move a message to the trash")]
)
async def test_every_operation_and_shape_is_there(mail: Mail, language: str, words: str) -> None:
    found = await mail.site.test_client().get("/api/docs", headers={"Accept-Language": language})
    page = await found.get_data(as_text=True)
    assert found.status_code == 200
    assert "unsafe" not in found.headers["Content-Security-Policy"]
    told = document()
    for path, methods in told["paths"].items():
        assert path in page
        for each in methods.values():
            assert f'id="{each["operationId"]}"' in page
    for name in told["components"]["schemas"]:
        assert f'id="shape-{name}"' in page
    assert words in page
    assert "<script" not in page.partition("<body")[2]
    assert "http://localhost:2099/api/v1/codes" in page
