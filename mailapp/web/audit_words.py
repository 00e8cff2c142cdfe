"""The audit log's entries in the reader's words."""

from collections.abc import Callable

from mailapp.store import audit
from mailapp.web.reader import Reader


def nouns(reader: Reader) -> dict[str, str]:
    """What can be filtered by: the first half of what was done."""
    _ = reader.gettext
    return {
        "account": _("Accounts"),
        "address": _("Addresses"),
        "domain": _("Domains"),
        "relay": _("Relays"),
        "mail": _("All mail"),
        "queue": _("Queue"),
        "retention": _("Clean-up"),
        "token": _("Tokens"),
        "setting": _("Settings"),
        "backup": _("Backups"),
    }


def act(reader: Reader, what: str) -> str:
    """What was done; a name nobody has words for stands for itself."""
    return _acts(reader.gettext).get(what, what)


def _acts(_: Callable[[str], str]) -> dict[str, str]:
    return {
        "account.added": _("Account made"),
        "account.password": _("Password set"),
        "account.link": _("Link for a password made"),
        "account.joined": _("Password chosen by a link"),
        "account.state": _("Account's state changed"),
        "account.role": _("Role changed"),
        "account.quota": _("Storage space changed"),
        "account.sessions_ended": _("Logged out everywhere"),
        "account.tokens_revoked": _("All tokens revoked"),
        "account.erased": _("Account erased"),
        "account.alias_limit": _("Number of own addresses changed"),
        "account.exported": _("Mail exported"),
        "account.imported": _("Mail imported"),
        "address.added": _("Address made"),
        "address.targets": _("Address leads elsewhere"),
        "address.state": _("Address's state changed"),
        "address.removed": _("Address removed"),
        "address.dismissed": _("Address left refused"),
        "domain.added": _("Domain added"),
        "domain.catch_all": _("Catch-all changed"),
        "domain.relay_records": _("Records of the relay changed"),
        "domain.removed": _("Domain removed"),
        "relay.added": _("Relay added"),
        "relay.changed": _("Relay changed"),
        "relay.removed": _("Relay removed"),
        "relay.moved": _("Order of the relays changed"),
        "token.added": _("Token made"),
        "token.revoked": _("Token revoked"),
        "mail.allowed": _("Searching all mail allowed"),
        "mail.forbidden": _("Searching all mail forbidden"),
        "mail.searched": _("All mail searched"),
        "mail.deleted": _("Mail of others deleted"),
        "mail.restored": _("Mail of others brought back"),
        "queue.retried": _("Sending tried again"),
        "queue.held": _("Message held back"),
        "queue.released": _("Message released"),
        "queue.cancelled": _("Sending given up"),
        "retention.rule": _("Clean-up rule saved"),
        "retention.removed": _("Clean-up rule removed"),
        "setting.changed": _("Setting changed"),
        "backup.made": _("Backup made"),
        "backup.taken": _("Backup taken away"),
        "backup.removed": _("Backup removed"),
        "backup.restored": _("Backup restored"),
    }


def person(reader: Reader, who: str) -> str:
    """Who did it."""
    if who.startswith(audit.COMMAND):
        return reader.gettext("{user} (command line)").format(user=who.removeprefix(audit.COMMAND))
    return reader.gettext("mailapp itself") if who == audit.ITSELF else who
