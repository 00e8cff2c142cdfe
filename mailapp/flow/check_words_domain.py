"""The words for what checks find about a domain: for each check, reason -> text."""

from collections.abc import Callable

Texts = dict[str, str]
Gettext = Callable[[str], str]


def _mx(_: Gettext) -> Texts:
    return {
        "here": _("{found}: mail comes here."),
        "no_domain": _("DNS does not know {domain}. Look whether it is registered and for a slip in its name."),
        "missing": _("There is no MX record: other servers do not know where to bring mail."),
        "implicit": _("There is no MX record; mail finds the way by the address alone, which not every server tries."),
        "null_mx": _("The MX record says that the domain takes no mail at all."),
        "elsewhere": _("Mail goes to {found}, not here."),
        "later": _("{found}: others are tried before {host}."),
    }


def _spf(_: Gettext) -> Texts:
    return {
        "there": "{found}",
        "missing": _("There is no SPF record, which names who may send for the domain. Mail over {relays} is doubted."),
        "several": _("There are {count} SPF records; with more than one, none counts. Keep this one alone:"),
        "wrong": _("“{term}” is nothing SPF knows, so the whole record does not count: {found}"),
        "everybody": _("It lets everybody send in the domain's name: {found}"),
        "not_allowed": _("It does not let {relays} send: {found}"),
        "lookups": _(
            "It asks DNS {count} times, and only {limit} are allowed: servers give up, and it does not count."
        ),
        "open": _("It does not say what becomes of mail from elsewhere: {found}"),
    }


def _dkim(_: Gettext) -> Texts:
    return {
        "there": _("The keys are in DNS: {found}"),
        "missing": _("DNS has no key that {relay} could sign with: {name}. Gmail and others put such mail into spam."),
        "wrong": _("{name} does not lead to {relay}."),
        "unknown": _(
            "Only {relay} knows the names of its keys: paste the records it shows on the domain's page of the checks."
        ),
    }


def _record(_: Gettext) -> Texts:
    return {
        "there": _("Is there."),
        "missing": _("Is not there yet. A new record takes minutes to some hours to be seen."),
        "doubled": _("Was made with the domain twice: enter the name without the domain at its end."),
        "proxied": _("The name is there without a CNAME. Behind Cloudflare, switch its proxy off (grey cloud)."),
        "wrong": _("DNS says something else: {found}"),
    }


def _dmarc(_: Gettext) -> Texts:
    return {
        "none": _("Is there; nothing is done to mail that only claims to be yours (p=none)."),
        "quarantine": _("Is there; mail that only claims to be yours goes to spam."),
        "reject": _("Is there; mail that only claims to be yours is refused."),
        "missing": _("Is not there. Gmail and others want it: what to do with mail that only claims to be yours."),
        "several": _("{name} has {count} records; with more than one, none counts."),
        "wrong": _("It names no policy that is one: {found}"),
    }


def _mta_sts(_: Gettext) -> Texts:
    return {
        "enforce": _("Is there: servers that know it bring mail encrypted only."),
        "testing": _("Is there, in testing: nothing is held back yet."),
        "off": _("Is there, and switched off (mode: none)."),
        "missing": _(
            "Is not there; it is optional. It keeps encryption from being taken away on the way. It also needs a page"
            " at https://{host}/.well-known/mta-sts.txt."
        ),
        "wrong": _("The record has no id, or there are several: {found}"),
        "no_host": _("The record is there, but DNS has no {host}, where the policy should be read."),
        "page_unreachable": _("https://{host} cannot be reached, so the policy cannot be read."),
        "page_timeout": _("https://{host} does not answer, so the policy cannot be read."),
        "page_certificate": _("The certificate of https://{host} does not fit, so the policy does not count: {text}"),
        "page_tls": _("https://{host} speaks no TLS that we know: {text}"),
        "page_nonsense": _("https://{host} does not answer like a web server."),
        "page_status": _("https://{host}/.well-known/mta-sts.txt answers {status}, not 200."),
        "no_policy": _("What is read there is no policy."),
        "other_mx": _("The policy names {found}, not {host}: servers that know it do not bring mail here."),
        "no_tls": _("The policy wants encryption, but this server offers none: it has no certificate."),
    }


def _tls_rpt(_: Gettext) -> Texts:
    return {
        "there": _("Reports go to {found}"),
        "missing": _("Is not there; it is optional. Large services then report when mail could not be encrypted."),
        "wrong": _("It names no address to report to, or there are several: {found}"),
    }


WORDS: dict[str, Callable[[Gettext], Texts]] = {
    "mx": _mx,
    "spf": _spf,
    "dkim": _dkim,
    "record": _record,
    "dmarc": _dmarc,
    "mta_sts": _mta_sts,
    "tls_rpt": _tls_rpt,
}
