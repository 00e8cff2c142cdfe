"""Pages that a mailbox does without for days: loaded when the first of them is asked for."""

from mailapp.web import (
    aliases,
    api_docs,
    joining,
    metrics,
    receiving,
    receiving_test,
    relay_events,
    retention,
    setup,
    tokens,
    transfers,
    view_links,
)

NOUNS = (
    aliases,
    api_docs,
    joining,
    metrics,
    receiving,
    receiving_test,
    relay_events,
    retention,
    setup,
    tokens,
    transfers,
    view_links,
)
