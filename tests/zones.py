"""A DNS server on a free loopback port that answers from a table, over UDP, as real ones do."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

LISTED, REFUSED = "127.0.0.4", "127.255.255.254"


class Zone(asyncio.DatagramProtocol):
    """`put` records; `silent` names are never answered, `failing` ones with SERVFAIL."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], list[str]] = {}
        self.silent = False
        self.failing: set[str] = set()
        self.asked: list[tuple[str, str]] = []
        self.port = 0

    def put(self, name: str, type_: str, *values: str) -> "Zone":
        """Set a record; without values it goes."""
        self.records[name.lower(), type_] = list(values)
        if not values:
            del self.records[name.lower(), type_]
        return self

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        name = question.name.to_text().rstrip(".").lower()
        type_ = dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, type_))
        if not self.silent:
            self._transport.sendto(self._answer(query, name, type_).to_wire(), addr)

    def _answer(self, query: dns.message.Message, name: str, type_: str) -> dns.message.Message:
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if name in self.failing:
            answer.set_rcode(dns.rcode.SERVFAIL)
            return answer
        target = self.records.get((name, "CNAME"), [])
        if target and type_ != "CNAME":
            answer.answer.append(_set(name, "CNAME", target))
            name = target[0].rstrip(".").lower()
        found = self.records.get((name, type_), [])
        if found:
            answer.answer.append(_set(name, type_, found))
        elif not any(held == name or held.endswith("." + name) for held, _ in self.records):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer


def _set(name: str, type_: str, values: Iterable[str]) -> dns.rrset.RRset:
    texts = [_quoted(each) if type_ == "TXT" else each for each in values]
    return dns.rrset.from_text(dns.name.from_text(name), 300, "IN", type_, *texts)


def _quoted(text: str) -> str:
    pieces = [text[at : at + 200] for at in range(0, len(text), 200)] or [""]
    return " ".join('"' + each.replace('"', '\\"') + '"' for each in pieces)


@asynccontextmanager
async def zone() -> AsyncIterator[Zone]:
    served = Zone()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: served, local_addr=("127.0.0.1", 0))
    served.port = int(transport.get_extra_info("sockname")[1])
    yield served
    transport.close()


HOST, DOMAIN, ADDRESS = "mail.yuanye.example", "yuanye.example", "127.0.0.1"
GOOD: dict[tuple[str, str], tuple[str, ...]] = {
    (HOST, "A"): (ADDRESS,),
    ("1.0.0.127.in-addr.arpa", "PTR"): (f"{HOST}.",),
    (DOMAIN, "MX"): (f"10 {HOST}.",),
    (DOMAIN, "TXT"): ("v=spf1 include:mailgun.org ~all", "a-site-verification=1"),
    ("mailgun.org", "TXT"): ("v=spf1 ip4:192.0.2.0/24 ~all",),
    (f"s1._domainkey.{DOMAIN}", "CNAME"): ("s1.domainkey.u1.wl.sendgrid.net.",),
    (f"s2._domainkey.{DOMAIN}", "CNAME"): ("s2.domainkey.u1.wl.sendgrid.net.",),
    (f"mx._domainkey.{DOMAIN}", "TXT"): ("k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCB" + "A" * 300,),
    (f"_dmarc.{DOMAIN}", "TXT"): ("v=DMARC1; p=quarantine; rua=mailto:postmaster@yuanye.example",),
    (f"_mta-sts.{DOMAIN}", "TXT"): ("v=STSv1; id=20261126",),
    (f"_smtp._tls.{DOMAIN}", "TXT"): ("v=TLSRPTv1; rua=mailto:postmaster@yuanye.example",),
    ("2.0.0.127.list.example", "A"): (LISTED,),
}


def good(served: Zone) -> Zone:
    """Everything in DNS is as it should be."""
    for (name, type_), values in GOOD.items():
        served.put(name, type_, *values)
    return served
