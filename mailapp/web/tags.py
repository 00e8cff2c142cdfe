"""Labels as rows and messages show them."""

from collections.abc import Iterable, Mapping

from mailapp.web.folders import LABEL, Folder
from mailapp.web.rows import Badge


def tags(found: Mapping[str, Folder], label_ids: Iterable[int], but: str = "") -> tuple[Badge, ...]:
    """Badges of a message's labels, by name; the label whose list it stands in (`but`, a key) says nothing new."""
    keys = (f"{LABEL}-{each}" for each in label_ids)
    return tuple(
        Badge("label", name) for name in sorted(found[each].name for each in keys if each in found and each != but)
    )
