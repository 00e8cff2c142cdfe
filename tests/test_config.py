"""Settings are read once, and a wrong one stops the start with a line that helps."""

import re
from pathlib import Path

import pytest

from mailapp.config import DEFAULTS, OF_COMMANDS, ConfigError, load

ROOT = Path(__file__).parent.parent


def test_defaults_listen_on_loopback_only() -> None:
    config = load({})
    assert config.http == ("127.0.0.1", 2099)
    assert config.smtp == (("127.0.0.1", 2525),)
    assert config.public_url == "http://localhost:2099"
    assert not config.secure


def test_several_smtp_endpoints_with_ipv6() -> None:
    assert load({"MAILAPP_SMTP": "0.0.0.0:25,[::]:25"}).smtp == (("0.0.0.0", 25), ("::", 25))


def test_https_makes_cookies_secure() -> None:
    assert load({"MAILAPP_PUBLIC_URL": "https://mail.example.com/"}).secure


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAILAPP_HTTP", "2099"),
        ("MAILAPP_HTTP", "::1:2099"),
        ("MAILAPP_SMTP", "127.0.0.1:99999"),
        ("MAILAPP_HOSTNAME", "not a host"),
        ("MAILAPP_PUBLIC_URL", "mail.example.com"),
        ("MAILAPP_TLS_CERT", "/nowhere/cert.pem"),
        ("MAILAPP_TRUSTED_PROXIES", "proxy"),
        ("MAILAPP_MAX_MESSAGE_SIZE", "big"),
        ("MAILAPP_MAX_MESSAGE_SIZE", "1"),
        ("MAILAPP_LOG", "xml"),
    ],
)
def test_a_wrong_value_is_named_in_one_line(name: str, value: str) -> None:
    with pytest.raises(ConfigError) as error:
        load({name: value})
    assert name in str(error.value)
    assert "\n" not in str(error.value)


def test_a_misspelt_setting_is_not_ignored() -> None:
    with pytest.raises(ConfigError, match="MAILAPP_HTPP"):
        load({"MAILAPP_HTPP": "127.0.0.1:1"})


def test_sizes_take_units() -> None:
    assert load({"MAILAPP_MAX_MESSAGE_SIZE": "2 MiB"}).max_message_size == 2 * 1024 * 1024


def test_every_setting_is_documented() -> None:
    documented = set(re.findall(r"MAILAPP_[A-Z_]+", (ROOT / "docs/configuration.md").read_text(encoding="utf-8")))
    assert documented == {*DEFAULTS, *OF_COMMANDS}


def test_the_key_lies_beside_the_database(tmp_path: Path) -> None:
    config = load({"MAILAPP_DATA_DIR": str(tmp_path)})
    assert config.key_file.parent == config.database.parent
    assert config.key_file.name == "relay.key"
