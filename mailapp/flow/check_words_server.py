"""The words for what checks find about the server and its machine: for each check, reason -> text."""

from collections.abc import Callable

Texts = dict[str, str]
Gettext = Callable[[str], str]


def _dns(_: Gettext) -> Texts:
    return {"answers": _("Answers.")}


def _listener(_: Gettext) -> Texts:
    silent = _("Nothing answers on {address}. Is the service running?")
    return {
        "answers": _("Answers on {address}."),
        "other": _("Another program answers on {address}: {found}"),
        "no_starttls": _("{address} offers no encryption although a certificate is set. The log says why."),
        "nonsense": _("What answers on {address} is no SMTP server."),
        "dropped": _("{address} hangs up at once: it may be full."),
        "refused": silent,
        "timeout": silent,
        "unreachable": silent,
    }


def _open_relay(_: Gettext) -> Texts:
    return {
        "closed": _("Mail to others' domains is refused; tried in {count} ways."),
        "takes": _("It takes mail for others' domains: {recipient} was answered {reply}"),
        "unsure": _("{recipient} should be refused for good, but was answered {reply}"),
    }


def _host(_: Gettext) -> Texts:
    return {
        "here": _("{host} leads here: {found}"),
        "translated": _("{host} leads to {found}. From here it cannot be seen whether that is this machine."),
        "no_name": _("The server's name is {host}, which nobody outside can look up."),
        "missing": _("DNS has no address for {host}."),
        "private": _("{host} leads to {found}, which nobody outside reaches."),
        "elsewhere": _("{host} leads to {away}, but this machine is {mine}."),
        "cname": _("{host} is a CNAME; what an MX record names must have addresses of its own (RFC 2181)."),
        "ipv6_deaf": _("{host} has an IPv6 address, but nothing listens there: some senders try it first, and wait."),
    }


def _reverse(_: Gettext) -> Texts:
    return {
        "there": _("{addresses} is called {host}."),
        "missing": _("{addresses} has no name. Some servers doubt such machines."),
        "wrong": _("{addresses} is called {found}, not {host}."),
    }


def _port25(_: Gettext) -> Texts:
    return {
        "answers": _("Answers on {address} with our name."),
        "other": _("On {address} another program answers: {found}"),
        "not_listening": _(
            "Nothing listens on port 25; the service listens on {listening}. Other servers come to 25 alone."
        ),
        "silent": _(
            "From here, nothing answers on port 25 of {address}. Many providers block it until they are asked; look at"
            " the firewall, too. Behind a router it may still work from outside."
        ),
    }


def _certificate(_: Gettext) -> Texts:
    return {
        "good": _("Made out to {names}, until {date} ({days} days)."),
        "none": _("There is none: mail comes in unencrypted. Caddy's or any other certificate can be used."),
        "unreadable": _("{path} cannot be read as a certificate."),
        "ended": _("It ended on {date}. Servers that look at it stay away."),
        "ends": _("It ends in {days} days, on {date}: it should have been renewed by now."),
        "name": _("It is made out to {names}, not to {host}."),
        "self_signed": _("Made by this server itself, until {date}: enough for encryption, not for MTA-STS."),
    }


def _https(_: Gettext) -> Texts:
    return {
        "good": _("{url} is reached, and its certificate is good until {date} ({days} days)."),
        "plain": _("The pages are served without https ({url}). Put Caddy or another proxy in front of them."),
        "no_address": _("DNS has no address for {host}."),
        "unreachable": _("{url} cannot be reached from here."),
        "timeout": _("{url} does not answer."),
        "certificate": _("Browsers do not accept the certificate of {host}: {text}"),
        "tls": _("{host} speaks no TLS that we know: {text}"),
        "nonsense": _("{url} does not answer like a web server."),
        "not_us": _("{url} answers ({status}), but it is not this server, or it is not well."),
        "ended": _("The certificate of {host} ended on {date}."),
        "ends": _("The certificate of {host} ends in {days} days, on {date}: it should have been renewed by now."),
    }


def _relay(_: Gettext) -> Texts:
    return {
        "ok": _("Logging in works."),
        "sealing": _("The secret cannot be opened: the key file is missing or another one. Type the secret in again."),
        "name": _("There is no server {host}."),
        "refused": _("{host} takes no connections on port {port}."),
        "port_blocked": _("Port {port} seems to be blocked on the way to {host}."),
        "unreachable": _("{host} cannot be reached."),
        "timeout": _("{host} did not answer in time."),
        "dropped": _("{host} hung up."),
        "nonsense": _("What answers there is not a mail server, or wants other encryption."),
        "tls": _("Encryption could not be agreed on with {host}."),
        "no_tls": _("{host} offers no encryption on port {port}."),
        "certificate": _("The certificate of {host} is not trusted."),
        "certificate_name": _("The certificate is made out to another name than {host}."),
        "plain_text": _("{host} is another machine and there is no encryption."),
        "no_auth": _("{host} offers no way to log in that we know."),
        "login": _("{host} does not accept user name and secret."),
        "rejected": _("{host} refuses us: {text}"),
    }


def _blocklist(_: Gettext) -> Texts:
    return {
        "free": _("Not listed."),
        "listed": _("{addresses} is listed ({codes}). Look it up at the list's own page, and ask to be taken off."),
        "refused": _(
            "The list does not answer questions that come over a public DNS server. Name a resolver of your own"
            " (unbound, for instance) in the settings of the checks."
        ),
        "dead": _("The list does not work (its test entries are wrong): take it out of the settings of the checks."),
    }


def _disk(_: Gettext) -> Texts:
    return {
        "room": _("{free} MiB of {total} are free ({percent} %)."),
        "low": _("Only {free} MiB of {total} are free ({percent} %)."),
        "full": _("Only {free} MiB are free: soon mail is refused for now (452)."),
    }


def _clock(_: Gettext) -> Texts:
    return {
        "kept": _("Is kept right by this system."),
        "right": _("Agrees with {server}."),
        "unknown": _("This system does not tell. Name a time server in the settings of the checks to compare."),
        "not_kept": _("Nothing keeps it right, as far as this system tells. In a container the host may do so."),
        "no_time": _("{server} did not tell the time."),
        "ahead": _("It is {seconds} seconds ahead of {server}."),
        "behind": _("It is {seconds} seconds behind {server}."),
    }


def _backup(_: Gettext) -> Texts:
    return {
        "fresh": _("The newest is {hours} hours old."),
        "old": _("The newest is {days} days old."),
        "none": _("There is none in {path}."),
    }


WORDS: dict[str, Callable[[Gettext], Texts]] = {
    "dns": _dns,
    "listener": _listener,
    "open_relay": _open_relay,
    "host": _host,
    "reverse": _reverse,
    "port25": _port25,
    "certificate": _certificate,
    "https": _https,
    "relay": _relay,
    "blocklist": _blocklist,
    "disk": _disk,
    "clock": _clock,
    "backup": _backup,
}
