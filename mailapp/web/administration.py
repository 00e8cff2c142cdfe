"""The pages under /admin, but for its door: loaded when the first of them is asked for."""

from mailapp.web import (
    admin_accounts,
    admin_addresses,
    admin_audit,
    admin_backups,
    admin_checks,
    admin_domains,
    admin_mail,
    admin_overview,
    admin_receiving,
    admin_relays,
    admin_retention,
    admin_settings,
    relay_trials,
)

NOUNS = (
    admin_overview,
    admin_accounts,
    admin_addresses,
    admin_checks,
    admin_domains,
    admin_mail,
    admin_retention,
    admin_receiving,
    admin_relays,
    relay_trials,
    admin_audit,
    admin_backups,
    admin_settings,
)
