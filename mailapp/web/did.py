"""What a toast says about an act: told at once, or again and again while a large one is under way."""

from collections.abc import Mapping
from urllib.parse import urlencode

from mailapp.values import dataclass
from mailapp.web.reader import Reader

LONGEST = 200


@dataclass(frozen=True, slots=True)
class Did:
    """An act as a path can carry it."""

    what: str
    """A key of the words below."""
    name: str = ""
    """Of the folder or label."""

    @property
    def query(self) -> str:
        return urlencode({"did": self.what, "name": self.name})


def did_of(values: Mapping[str, str]) -> Did:
    """The act a path carries; nothing in particular for nonsense."""
    return Did(values.get("did", "")[:LONGEST], values.get("name", "")[:LONGEST])


def told(reader: Reader, did: Did, number: int) -> str:
    """What was done to so many messages."""
    ngettext = reader.ngettext
    match did.what:
        case "archived":
            text = ngettext("Archived", "{number} messages archived", number)
        case "trashed":
            text = ngettext("Moved to the trash", "{number} messages moved to the trash", number)
        case "erased":
            text = ngettext("Deleted for good", "{number} messages deleted for good", number)
        case "restored":
            text = ngettext("Moved back", "{number} messages moved back", number)
        case "junk":
            text = ngettext("Moved to junk", "{number} messages moved to junk", number)
        case "not-junk":
            text = ngettext("Not junk: moved to the inbox", "{number} messages moved to the inbox: not junk", number)
        case "moved":
            text = ngettext("Moved to {name}", "{number} messages moved to {name}", number)
        case "labelled":
            text = ngettext("Label {name} added", "Label {name} added to {number} messages", number)
        case "unlabelled":
            text = ngettext("Label {name} removed", "Label {name} removed from {number} messages", number)
        case "folder-removed":
            text = (
                ngettext(
                    "Folder {name} deleted; its message is in the archive",
                    "Folder {name} deleted; its {number} messages are in the archive",
                    number,
                )
                if number
                else reader.gettext("Folder {name} deleted")
            )
        case "label-removed":
            text = reader.gettext("Label {name} deleted; the messages stay where they are")
        case _:
            text = _flags(reader, did.what, number)
    return text.replace("{number}", f"{number:,}").replace("{name}", did.name)


def _flags(reader: Reader, what: str, number: int) -> str:
    ngettext = reader.ngettext
    match what:
        case "read":
            return ngettext("Marked as read", "{number} messages marked as read", number)
        case "unread":
            return ngettext("Marked as unread", "{number} messages marked as unread", number)
        case "starred":
            return ngettext("Star added", "{number} messages starred", number)
        case "unstarred":
            return ngettext("Star removed", "Star removed from {number} messages", number)
        case "undone":
            return reader.gettext("Undone.")
    return reader.gettext("Done.")
