"""The whole server, in this process, on free loopback ports."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mailapp.app import App, running
from mailapp.config import Config, load


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Settings of a server on free loopback ports."""
    return load(
        {
            "MAILAPP_DATA_DIR": str(tmp_path / "data"),
            "MAILAPP_HTTP": "127.0.0.1:0",
            "MAILAPP_SMTP": "127.0.0.1:0",
            "MAILAPP_HOSTNAME": "mail.yuanye.example",
        }
    )


@pytest.fixture
async def app(config: Config) -> AsyncIterator[App]:
    """The whole server, in this process, on free ports."""
    async with running(config) as app:
        yield app
