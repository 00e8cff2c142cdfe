"""Numbers that are called codes and are none to type, and codes that are called something else."""

import pytest

from mailapp.mail.code import Code, Kind
from mailapp.mail.code_triggers import nouns_of, stems_in
from mailapp.mail.code_words import NOUNS
from mailapp.mail.codes import find_codes


def best(text: str, subject: str = "Message") -> Code | None:
    return find_codes(subject, text, "", "a@b.example").best


@pytest.mark.parametrize(
    "text",
    [
        "Booking number 2093148291, PIN code 4829. Check-in 26 Nov 2026.",
        'A personal access token "ci-2026" was created. Expires 2027-02-24.',
        "Confirm: 100 shares at $48.29. Security code 000858, account 20048812.",
        "Two-factor authentication enabled. Backup codes: 1204 left",
        "Your claim code is 482913. Bring it to the counter.",
        "Merge request !4829: fix verification code handling",
        "报告抽样 12045 个账户，发现 38.6% 的用户曾把验证码告诉过他人。",
        "短信验证码为何不再安全（阅读 48291）",
        "회원번호 482913 로 로그인하세요",
    ],
)
def test_what_is_only_called_a_code_is_not_shown(text: str) -> None:
    assert best(text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("🔐 90217 🔐\nis your login code", "90217"),
        ("Inserisci il seguente codice per verificare l'account: 220 915", "220915"),
        ("您的 Apple 帳號代碼為：618223。請勿與任何人分享。", "618223"),
        ("We noticed a sign-in. Enter 913-405 to confirm it's you.", "913405"),
        ("5527 is your Cabride PIN. Give it only to the app.", "5527"),
        ("2083 e o seu codigo de acesso ao app Carona.", "2083"),
        ("请在页面填写以下 6 位数字完成验证：\n\n556103\n\n30 分钟内有效。", "556103"),
        ("Your Acme verification number is 482913.", "482913"),
    ],
)
def test_what_is_called_otherwise_is_found(text: str, value: str) -> None:
    found = best(text)
    assert found is not None
    assert (found.value, found.kind) == (value, Kind.CODE)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Einwahl +49 69 1234567, Konferenz-PIN: 4829", Kind.MEETING),
        ("宅配ボックス 3 番にお荷物を入れました。受取用暗証番号：7734", Kind.PICKUP),
        ("Sign in to use code WINTER26 at checkout", Kind.DISCOUNT),
    ],
)
def test_codes_of_other_kinds_are_told_apart(text: str, kind: Kind) -> None:
    found = find_codes("Message", text, "", "a@b.example")
    assert found.best is None
    assert [one.kind for one in found.others] == [kind]


def test_a_validity_may_be_said_by_its_unit() -> None:
    found = best("ワンタイムパスワード 380152 をコピーして、5分以内にログインしてください。")
    assert found is not None
    assert found.valid_seconds == 300


def test_letters_and_digits_in_boxes_of_their_own_are_found_beside_a_stub() -> None:
    html = "<p>Your verification code</p><p>" + "".join(f"<span>{one}</span>" for one in "X7K9Q2") + "</p>"
    found = find_codes("Sign in", "See the page.", html, "a@b.example").best
    assert found is not None
    assert (found.value, found.source) == ("X7K9Q2", "html")


def test_every_noun_can_be_found_by_the_first_look() -> None:
    for noun in NOUNS:
        assert noun in nouns_of(tuple(stems_in(f"x {noun} 482913"))), noun
