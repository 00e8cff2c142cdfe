"""Whether a text promises a file."""

import pytest

from mailapp.mail.mentions import speaks_of_attachment


@pytest.mark.parametrize(
    "text",
    [
        "请看附件。", "附上发票", "详见附表", "見附檔", "Please find attached the report.",
        "See the ATTACHMENT", "I attach it",
        "enclosed is the form", "Anbei die Rechnung", "Die Datei im Anhang", "voir pièce jointe",
        "添付します", "첨부합니다",
    ],
)  # fmt: skip
def test_words_for_a_file_are_recognised(text: str) -> None:
    assert speaks_of_attachment(f"Hello\n{text}\nBye")


@pytest.mark.parametrize(
    "text",
    [
        "", "Hello", "没有附件", "There is no attachment", "without attachments", "> see attached", "  > 附件",
        "detached houses", "附近", "attachés",
        "Hi\n-- \nThis mail and any attachments are confidential",
        "FYI\n---------- Forwarded message ----------\nsee attached",
    ],
)  # fmt: skip
def test_quotes_signatures_and_denials_do_not_count(text: str) -> None:
    assert not speaks_of_attachment(text)
