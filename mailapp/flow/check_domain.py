"""What DNS says about a domain mail is received for: MX, SPF, DMARC, MTA-STS, TLS-RPT."""

import time

from mailapp.flow.check_finding import BAD, HINT, OK, SKIPPED, WARN, Remedy, Result, record
from mailapp.flow.check_surroundings import Surroundings
from mailapp.flow.looking_up import NoName, NoSuchRecord
from mailapp.flow.relay_alignment import alignment
from mailapp.mail import spf
from mailapp.mail.dns_policies import StsPolicy, sts_policy, tags
from mailapp.store.relays import Relay
from mailapp.transport.https_page import NoPage, fetch

POLICIES = ("none", "quarantine", "reject")
SPF_DEPTH = 12
"""Records that are followed when lookups are counted: one more than may be asked for says enough."""
DAY_S = 86_400


async def mx(here: Surroundings, domain: str) -> Result:
    """Whether mail for the domain is brought to this server."""
    wanted = (record(domain, "MX", f"10 {here.good_name}."),)
    try:
        found = sorted(_mx(each) for each in await here.lookup.ask(domain, "MX"))
    except NoName:
        return Result(BAD, "no_domain", {"domain": domain}, wanted)
    except NoSuchRecord:
        return await _implicit_mx(here, domain, wanted)
    hosts = [host for _, host in found if host]
    if not hosts:
        return Result(BAD, "null_mx", {}, wanted)
    named = ", ".join(hosts)
    ours = [preference for preference, host in found if host == here.hostname]
    if not ours and not await _same_machine(here, hosts):
        return Result(BAD, "elsewhere", {"found": named, "host": here.hostname}, wanted)
    if ours and found[0][0] < ours[0]:
        return Result(WARN, "later", {"found": named, "host": here.hostname}, wanted)
    return Result(OK, "here", {"found": named})


async def _implicit_mx(here: Surroundings, domain: str, wanted: tuple[Remedy, ...]) -> Result:
    addresses = set(await here.lookup.addresses(domain))
    if addresses & set(await here.lookup.addresses(here.hostname)):
        return Result(WARN, "implicit", {"host": here.hostname}, wanted)
    return Result(BAD, "missing", {}, wanted)


async def _same_machine(here: Surroundings, hosts: list[str]) -> bool:
    """Whether the best MX is this server under another name."""
    ours = set(await here.lookup.addresses(here.hostname))
    return bool(ours & set(await here.lookup.addresses(hosts[0])))


def _mx(text: str) -> tuple[int, str]:
    preference, _, host = text.partition(" ")
    return (int(preference) if preference.isdigit() else 0), host.rstrip(".")


async def sender_policy(here: Surroundings, domain: str, routes: tuple[Relay, ...]) -> Result:
    """SPF: one record, sound, that lets the relays of this domain send where their bounces bear its name."""
    if not routes:
        return Result(SKIPPED, "no_relay")
    wanted = [each.include for each in (alignment(relay.preset) for relay in routes) if each.include]
    found = [each for each in await here.lookup.find(domain, "TXT") if spf.is_spf(each)]
    # a service that puts its own name into the return path does not need it, but a domain without SPF is often doubted
    state, services = (BAD if wanted else HINT), _names(routes)
    if not found:
        new = record(domain, "TXT", spf.allowing("", list(dict.fromkeys(wanted))))
        return Result(state, "missing", {"relays": services}, (new,))
    if len(found) > 1:
        return Result(BAD, "several", {"count": len(found)}, (record(domain, "TXT", _merged(found, wanted)),))
    read = spf.read(found[0])
    if read.wrong:
        return Result(BAD, "wrong", {"found": found[0], "term": read.wrong})
    if read.ending == "+":
        return Result(BAD, "everybody", {"found": found[0]}, (record(domain, "TXT", _closed(found[0])),))
    lookups, reached = await _followed(here, read)
    missing = [each for each in wanted if each not in reached]
    if missing:
        fixed = record(domain, "TXT", spf.allowing(found[0], missing))
        return Result(BAD, "not_allowed", {"relays": services, "found": found[0]}, (fixed,))
    if lookups > spf.LOOKUPS:
        return Result(BAD, "lookups", {"count": lookups, "limit": spf.LOOKUPS, "found": found[0]})
    if not read.ending and not read.redirects:
        return Result(WARN, "open", {"found": found[0]}, (record(domain, "TXT", f"{found[0]} ~all"),))
    return Result(OK, "there", {"found": found[0]})


def _merged(found: list[str], wanted: list[str]) -> str:
    terms = list(dict.fromkeys(term for each in found for term in each.split()[1:] if term.lstrip("+-~?") != "all"))
    return spf.allowing(" ".join(["v=spf1", *terms, "~all"]), wanted)


def _closed(text: str) -> str:
    return " ".join("~all" if term.lower() in ("all", "+all") else term for term in text.split())


async def _followed(here: Surroundings, first: spf.Spf) -> tuple[int, set[str]]:
    """How many questions an evaluation asks, and every domain it includes; bounded."""
    lookups, reached, waiting, asked = first.asking, set(first.includes), list(first.includes), 0
    while waiting and asked < SPF_DEPTH:
        name, asked = waiting.pop(0), asked + 1
        if "%" in name:
            continue
        for text in await here.lookup.find(name, "TXT"):
            if spf.is_spf(text):
                read = spf.read(text)
                lookups += read.asking
                waiting += [each for each in read.includes if each not in reached]
                reached.update(read.includes)
    return lookups, reached


def _names(routes: tuple[Relay, ...]) -> str:
    return ", ".join(dict.fromkeys(relay.name for relay in routes))


async def dmarc(here: Surroundings, domain: str) -> Result:
    """DMARC of the domain, or of one above it."""
    wanted = (record(f"_dmarc.{domain}", "TXT", "v=DMARC1; p=none;"),)
    for name in _upwards(domain):
        found = [each for each in await here.lookup.find(f"_dmarc.{name}", "TXT") if _begins(each, "v=dmarc1")]
        if not found:
            continue
        if len(found) > 1:
            return Result(BAD, "several", {"count": len(found), "name": f"_dmarc.{name}"})
        held = tags(found[0])
        policy = held.get("p", "").lower()
        if policy not in POLICIES:
            return Result(BAD, "wrong", {"found": found[0]}, wanted)
        return Result(OK, policy, {"found": found[0]})
    return Result(WARN, "missing", {}, wanted)


def _upwards(domain: str) -> list[str]:
    """The domain and those above it, as far as two labels: the policy of an organisation covers what is below."""
    labels = domain.split(".")
    return [".".join(labels[at:]) for at in range(max(1, len(labels) - 1))]


def _begins(text: str, with_: str) -> bool:
    return text.replace(" ", "").lower().startswith(with_)


async def mta_sts(here: Surroundings, domain: str) -> Result:
    """MTA-STS: optional; where it is there, it has to be right, or mail stays away."""
    name, host = f"_mta-sts.{domain}", f"mta-sts.{domain}"
    found = [each for each in await here.lookup.find(name, "TXT") if _begins(each, "v=stsv1")]
    if not found:
        today = time.strftime("%Y%m%d", time.gmtime(here.clock()))
        return Result(HINT, "missing", {"host": host}, (record(name, "TXT", f"v=STSv1; id={today}"),))
    if len(found) > 1 or not tags(found[0]).get("id", "").isalnum():
        return Result(BAD, "wrong", {"found": " | ".join(found)})
    addresses = await here.lookup.addresses(host)
    if not addresses:
        return Result(BAD, "no_host", {"host": host}, (record(host, "CNAME", f"{here.good_name}."),))
    try:
        page = await fetch(host, addresses, "/.well-known/mta-sts.txt", port=here.https_port, tls=here.tls)
    except NoPage as error:
        return Result(BAD, f"page_{error.reason}", {"host": host, "text": error.text})
    if page.status != 200:
        return Result(BAD, "page_status", {"host": host, "status": page.status})
    return _judged(here, sts_policy(page.body))


def _judged(here: Surroundings, policy: StsPolicy) -> Result:
    if not policy.mode:
        return Result(BAD, "no_policy")
    if policy.mode == "none":
        return Result(HINT, "off")
    if not policy.allows(here.hostname):
        state = BAD if policy.mode == "enforce" else WARN
        remedy = Remedy("line", f"mx: {here.hostname}")
        return Result(state, "other_mx", {"host": here.hostname, "found": ", ".join(policy.mx)}, (remedy,))
    if policy.mode == "enforce" and here.config.tls_cert is None:
        return Result(BAD, "no_tls")
    return Result(OK, policy.mode, {"days": policy.max_age // DAY_S})


async def tls_rpt(here: Surroundings, domain: str) -> Result:
    """TLS-RPT: optional, reports about mail that could not be encrypted on its way here."""
    name = f"_smtp._tls.{domain}"
    wanted = (record(name, "TXT", f"v=TLSRPTv1; rua=mailto:postmaster@{domain}"),)
    found = [each for each in await here.lookup.find(name, "TXT") if _begins(each, "v=tlsrptv1")]
    if not found:
        return Result(HINT, "missing", {}, wanted)
    if len(found) > 1 or not tags(found[0]).get("rua", "").startswith(("mailto:", "https:")):
        return Result(WARN, "wrong", {"found": " | ".join(found)}, wanted)
    return Result(OK, "there", {"found": tags(found[0])["rua"]})
