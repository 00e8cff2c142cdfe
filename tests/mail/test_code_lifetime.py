"""How long a code is valid is read in many languages."""

import pytest

from mailapp.mail.code_lifetime import valid_seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("It expires in 15 minutes.", 900),
        ("valid for 1 hour", 3600),
        ("valid for the next ten minutes", 600),
        ("This link will expire in an hour", 3600),
        ("expires in 48 hours", 172_800),
        ("10 分钟内有效", 600),
        ("有效期十五分钟", 900),
        ("半小时内有效", 1800),
        ("5 分鐘內輸入，逾時失效", 300),
        ("有効期限は30分間です", 1800),
        ("3분 이내에 입력", 180),
        ("er ist 10 minuten gültig", 600),
        ("läuft in einer stunde ab", 3600),
        ("il expire dans 10 minutes", 600),
        ("caduca en 10 minutos", 600),
        ("expira em 1 hora", 3600),
        ("scade tra 30 minuti", 1800),
        ("действителен 5 минут", 300),
        ("verloopt over 20 minuten", 1200),
        ("ważny przez 10 minut", 600),
        ("3 dakika geçerlidir", 180),
        ("có hiệu lực trong 5 phút", 300),
        ("berlaku selama 5 menit", 300),
        ("หมดอายุใน 3 นาที", 180),
        ("صالح لمدة 10 دقائق", 600),
        ("request a new code in 60 seconds", None),
        ("60秒后可重新获取", None),
        ("it took 10 minutes", None),
        ("please wait 5 minutes and try again", None),
        ("valid for 99999 minutes", None),
        ("valid for 400 days", None),
    ],
)
def test_a_length_of_time_is_read(text: str, seconds: int | None) -> None:
    assert valid_seconds(f"code 482913. {text}", 5) == seconds
