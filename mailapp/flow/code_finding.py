"""What arriving mail offers to type or to press, by what each receiving account taught about its sender."""

from collections.abc import Mapping, Sequence

from mailapp import maillog
from mailapp.mail.code import Codes
from mailapp.mail.code_rules import Rule
from mailapp.mail.codes import find_codes
from mailapp.mail.message import Message
from mailapp.store import code_rules
from mailapp.store.database import Database

Rules = Mapping[str, Sequence[Rule]]
"""By sender, lower case."""
ACCOUNTS_KEPT = 1_000


class CodeFinding:
    """The rules of accounts, kept in memory. One per process, on the event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rules: dict[int, Rules] = {}

    def forget(self) -> None:
        """Somebody taught something."""
        self._rules = {}

    async def rules(self, account_ids: Sequence[int]) -> list[Rules]:
        """The rules of each of these accounts. Raises StoreError."""
        known = self._rules  # where it is replaced meanwhile, what was read before must not go into the new one
        for each in account_ids:
            if each not in known:
                if len(known) >= ACCOUNTS_KEPT:
                    known.clear()
                known[each] = await self._database.read(code_rules.of_account, each)
        return [known.get(each, {}) for each in account_ids]


def found_in(message: Message, rules: Sequence[Rules]) -> tuple[Codes, ...]:
    """What a parsed message offers each of its receivers; () where it offers nobody anything. May run in a thread.

    Never raises: mail must not wait because of a code that cannot be looked for.
    """
    try:
        return _found_in(message, rules)
    except Exception:
        maillog.unforeseen("looking for codes")
        return ()


def _found_in(message: Message, rules: Sequence[Rules]) -> tuple[Codes, ...]:
    sender = sender_of(message)
    own = [each.get(sender, ()) if each else () for each in rules]
    plain = None if all(own) else find_codes(message.subject, message.text, lambda: message.html, sender)
    found = [
        find_codes(message.subject, message.text, lambda: message.html, sender, taught) if taught else plain or Codes()
        for taught in own
    ]
    return tuple(found) if any(each.best for each in found) else ()


def sender_of(message: Message) -> str:
    """The address rules are learned for."""
    return message.from_[0].address.strip().lower() if message.from_ else ""
