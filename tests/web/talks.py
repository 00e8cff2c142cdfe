"""A conversation of several messages, as the pages' tests need it."""

from email.message import EmailMessage

from mailapp.mail.draft import Draft
from tests.web.conftest import LIN, Mail, letter
from tests.web.sent import send

MARTA = "Marta Lindqvist <marta@lindqvist.example>"
SUBJECT = "Typesetting the bilingual edition"


def message(
    name: str, *answers: str, subject: str = SUBJECT, text: str = "", html: str = "", sender: str = MARTA
) -> EmailMessage:
    """A message with the Message-ID name@talk.example that answers others by theirs."""
    made = letter(("Re: " if answers else "") + subject, text or f"This is {name}.", html=html, sender=sender)
    made["Message-ID"] = f"<{name}@talk.example>"
    if answers:
        made["In-Reply-To"] = f"<{answers[-1]}@talk.example>"
        made["References"] = " ".join(f"<{each}@talk.example>" for each in answers)
    return made


async def reply(mail: Mail, name: str, *, text: str = "My own answer.") -> int:
    """Lin answers a message of the conversation; the id of the copy in Sent."""
    draft = Draft(
        from_=LIN,
        to=MARTA,
        subject=f"Re: {SUBJECT}",
        text=text,
        in_reply_to=f"{name}@talk.example",
        references=(f"{name}@talk.example",),
    )
    return (await send(mail, draft)).message_id


async def talk(mail: Mail) -> list[int]:
    """Marta, Lin, Marta, Marta: ids, oldest first; all of Marta's unread."""
    first = await mail.deliver(message("one"))
    own = await reply(mail, "one")
    third = await mail.deliver(message("three", "one"))
    return [first, own, third, await mail.deliver(message("four", "one", "three"))]
