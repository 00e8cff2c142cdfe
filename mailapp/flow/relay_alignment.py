"""What each relay service needs in a sender's DNS, so that what it sends counts as the domain's own (DMARC alignment).

Gathered from the services' pages in November 2026. Keys whose names only the service knows are looked for among what
the admin pasted (mail/dns_policies.py `pasted`).
"""

from mailapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Alignment:
    """One service."""

    include: str = ""
    """What the domain's own SPF record has to include; "" where bounces go to a name of the service or a subdomain."""
    selectors: tuple[str, ...] = ()
    """Usual names of its keys, before `._domainkey.`: one of them is enough unless `all_`."""
    target: str = ""
    """What the CNAME of a key ends with; "" where the key itself stands in DNS."""
    all_: bool = False
    """Whether every selector has to be there: the service changes over between them."""


_ALIGNMENTS = {
    # the return path is em<number>.<domain>, which its CNAME covers
    "sendgrid": Alignment(selectors=("s1", "s2"), target=".sendgrid.net", all_=True),
    "mailgun": Alignment("mailgun.org", ("pdk1", "pdk2", "mx", "mta", "pic", "k1", "smtp", "krs", "email")),
    # three tokens of its own as names; the return path is amazonses.com or a subdomain
    "ses": Alignment(target=".amazonses.com"),
    # the return path is the service's
    "brevo": Alignment(selectors=("brevo1", "brevo2", "mail", "brevo")),
    # the return path is send.<domain>
    "resend": Alignment(selectors=("resend",)),
    "tencent": Alignment("qcloudmail.com"),
    "aliyun": Alignment("spf1.dm.aliyun.com"),
}


def alignment(preset: str) -> Alignment:
    """What a service wants; nothing that can be known for another server."""
    return _ALIGNMENTS.get(preset, Alignment())
