"""Files of ours that are sent as one: what the pages of mail need at first sight packs a third smaller together."""

from collections.abc import Mapping

_STYLES = ("layout", "list", "search", "filing", "message", "beneath", "queue", "chip")
_SCRIPTS = (
    *("live", "glide", "panes", "preload", "frame", "conversation", "toast", "times", "unread", "keyboard", "seek"),
    *("controls", "notify", "offline", "file", "later"),
)

BUNDLES: Mapping[str, tuple[str, ...]] = {
    "css/mail.css": tuple(f"css/{name}.css" for name in _STYLES),
    "js/mail.js": tuple(f"js/{name}.js" for name in _SCRIPTS),
}
"""The files of each, below static/, in the order in which they count. Each script is a function of its own."""
