"""What accounts taught about where the codes of a sender stand (mail/code_rules.py)."""

import json
import sqlite3

from mailapp.mail.code_rules import MAX_RULES, Rule

SENDERS = 500
"""Senders an account may teach something about; the oldest lesson goes first."""


def of_account(db: sqlite3.Connection, account_id: int) -> dict[str, tuple[Rule, ...]]:
    """Rules by sender (lower case), the newest first."""
    found = db.execute("SELECT sender, rule FROM code_rules WHERE account_id = ?", (account_id,))
    return {sender: _rules(held) for sender, held in found.fetchall()}


def add(db: sqlite3.Connection, account_id: int, rule: Rule, now_ms: int) -> None:
    """Add a rule before the others of its sender. LookupError where the account is gone."""
    row = db.execute(
        "SELECT rule FROM code_rules WHERE account_id = ? AND sender = ?", (account_id, rule.sender)
    ).fetchone()
    held = _rules(row[0]) if row else ()
    rules = [rule, *(each for each in held if each != rule)][:MAX_RULES]
    try:
        db.execute(
            "INSERT INTO code_rules (account_id, sender, rule, created_at) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (account_id, sender) DO UPDATE SET rule = excluded.rule, created_at = excluded.created_at",
            (account_id, rule.sender, json.dumps([each.to_dict() for each in rules], ensure_ascii=False), now_ms),
        )
    except sqlite3.IntegrityError as error:
        raise LookupError(account_id) from error
    db.execute(
        "DELETE FROM code_rules WHERE account_id = ? AND sender NOT IN"
        " (SELECT sender FROM code_rules WHERE account_id = ? ORDER BY created_at DESC, sender LIMIT ?)",
        (account_id, account_id, SENDERS),
    )


def remove(db: sqlite3.Connection, account_id: int, rule: Rule) -> None:
    """Forget a rule, where the account has it."""
    row = db.execute(
        "SELECT rule FROM code_rules WHERE account_id = ? AND sender = ?", (account_id, rule.sender)
    ).fetchone()
    held = _rules(row[0]) if row else ()
    rules = [each.to_dict() for each in held if each != rule]
    if rules:
        db.execute(
            "UPDATE code_rules SET rule = ? WHERE account_id = ? AND sender = ?",
            (json.dumps(rules, ensure_ascii=False), account_id, rule.sender),
        )
    else:
        db.execute("DELETE FROM code_rules WHERE account_id = ? AND sender = ?", (account_id, rule.sender))


def _rules(held: str) -> tuple[Rule, ...]:
    """Rules from their JSON; what another release wrote and this one cannot read is left out."""
    rules = []
    for each in json.loads(held):
        try:
            rules.append(Rule.from_dict(each))
        except (ValueError, TypeError, AttributeError):
            continue
    return tuple(rules)
