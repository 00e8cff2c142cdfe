"""What an attachment is, by its name where its header does not say."""

import pytest

from mailapp.mail.part_types import part_type


@pytest.mark.parametrize(
    ("content_type", "name", "expected"),
    [
        ("application/octet-stream", "照片.PNG", "image/png"),
        ("application/octet-stream", "发票.pdf", "application/pdf"),
        ("application/octet-stream", "page.html", "application/octet-stream"),
        ("application/octet-stream", "logo.svg", "application/octet-stream"),
        ("application/octet-stream", "png", "application/octet-stream"),
        ("application/octet-stream", "", "application/octet-stream"),
        ("image/jpg", "a", "image/jpeg"),
        ("text/html", "invoice.pdf", "text/html"),
    ],
)
def test_a_type_that_says_nothing_is_told_by_the_ending(content_type: str, name: str, expected: str) -> None:
    assert part_type(content_type, name) == expected
