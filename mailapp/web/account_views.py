"""Accounts as the admin pages show them."""

from mailapp.flow.inviting import InvitationRefused
from mailapp.flow.passwords import SHORTEST
from mailapp.mail.sizes import exact_size, size_text
from mailapp.store.account_list import Listed
from mailapp.store.accounts import ACTIVE
from mailapp.store.sessions import Device
from mailapp.values import dataclass
from mailapp.web.agents import agent_name
from mailapp.web.reader import Reader
from mailapp.web.rows import Moment, pretty_time
from mailapp.web.shares import Share, share_of

DEVICES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An account in the list."""

    id: int
    address: str
    name: str
    role: str
    is_admin: bool
    look: str
    """good, quiet, warn or danger."""
    state: str
    size: str
    share: Share | None
    """None where it may hold any number of bytes."""
    last_login: str
    sessions: int
    erasing: bool


@dataclass(frozen=True, slots=True)
class NewAccount:
    """The form of an account to add, as it was posted."""

    address: str = ""
    name: str = ""
    admin: bool = False
    how: str = "link"
    """link or password."""
    error_field: str = ""
    """address, password or how."""
    error_text: str = ""


@dataclass(frozen=True, slots=True)
class AccountsView:
    """A page of the list; `form` is None where nothing is added."""

    lines: tuple[AccountLine, ...]
    path: str
    next_href: str = ""
    form: NewAccount | None = None
    said: str = ""
    invites: bool = True
    """Whether links are made: registration by invitation is on."""

    @property
    def every(self) -> str:
        """How often the list looks again: it shows how far an erasure is."""
        return "2s" if any(each.erasing for each in self.lines) else "30s"


@dataclass(frozen=True, slots=True)
class DeviceLine:
    agent: str
    peer: str
    seen: str


@dataclass(frozen=True, slots=True)
class AccountView:
    """The page of one account."""

    line: AccountLine
    created: str
    own: bool
    """Whether it is the reader's own."""
    active: bool
    link_until: str
    """When the link that is out ends, "" where there is none."""
    devices: tuple[DeviceLine, ...]
    more_devices: int
    tokens: int
    """Tokens of scripts and programs."""
    alias_limit: int = 0
    """How many addresses it may make for itself."""
    said: str = ""
    link: str = ""
    """A link just made: it is shown this once."""
    quota: str = ""
    """As the field says it: what it may hold, or what was typed and refused."""
    error_field: str = ""
    """state, role, quota, password, confirm, link or export."""
    error_text: str = ""


def line_of(reader: Reader, moment: Moment, account: Listed) -> AccountLine:
    """One line of the list."""
    _ = reader.gettext
    if account.erasing:
        look, state = "danger", _("being erased")
    elif account.state != ACTIVE:
        look, state = "quiet", _("disabled")
    elif account.link_until is not None:
        look, state = "warn", _("invited")
    else:
        look, state = "good", _("active")
    return AccountLine(
        id=account.id,
        address=account.address,
        name=account.name,
        role=_("Administrator") if account.is_admin else _("Member"),
        is_admin=account.is_admin,
        look=look,
        state=state,
        size=size_text(account.bytes_used),
        share=share_of(account.bytes_used, account.quota),
        last_login=pretty_time(moment, account.last_login_at) if account.last_login_at else _("never"),
        sessions=account.sessions,
        erasing=account.erasing,
    )


def view_of(reader: Reader, moment: Moment, account: Listed, devices: list[Device], tokens: int) -> AccountView:
    """The page of one account, with nothing said yet."""
    _ = reader.gettext
    assert reader.account is not None
    return AccountView(
        line=line_of(reader, moment, account),
        created=pretty_time(moment, account.created_at),
        own=account.id == reader.account.id,
        active=account.state == ACTIVE,
        link_until=pretty_time(moment, account.link_until) if account.link_until else "",
        devices=tuple(
            DeviceLine(agent_name(each.user_agent) or _("Unknown device"), each.peer, pretty_time(moment, each.seen_at))
            for each in devices[:DEVICES_SHOWN]
        ),
        more_devices=max(0, len(devices) - DEVICES_SHOWN),
        tokens=tokens,
        quota=exact_size(account.quota) if account.quota else "",
    )


def too_short(reader: Reader) -> str:
    """What is said of a password below SHORTEST."""
    return reader.gettext("A password has at least {number} characters.").format(number=SHORTEST)


def last_admin(reader: Reader) -> str:
    """Why the last admin stays one."""
    return reader.gettext("This is the last administrator who can log in: make another one first.")


def not_invited(reader: Reader, refused: InvitationRefused) -> str:
    """Why no link is made for somebody new."""
    _ = reader.gettext
    texts = {
        "off": _("Registration by invitation is off: type a password, or switch it on under Settings."),
        "domain": _("Nobody is invited to {value}: type a password, or add the domain under Settings."),
        "most": _(
            "{value} invitations are out already, which is all there may be: type a password, wait until one"
            " is used or ends, or change the number under Settings."
        ),
    }
    return texts[refused.reason].replace("{value}", refused.value)
