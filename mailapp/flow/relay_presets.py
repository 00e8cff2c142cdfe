"""What relay services want: hosts, ports, user names. Checked against their own pages in November 2026."""

from mailapp.values import dataclass

STARTTLS, TLS, NONE = "starttls", "tls", "none"
SECURITIES = (STARTTLS, TLS, NONE)
Port = tuple[int, str]
"""A port and the security it speaks."""


@dataclass(frozen=True, slots=True)
class Preset:
    """One service."""

    key: str
    name: str
    """As the service calls itself."""
    hosts: tuple[str, ...]
    """The usual one first; `REGION` stands for what the account's own page names."""
    ports: tuple[Port, ...]
    """Best first."""
    username: str = ""
    """The same for every customer; "" where each has their own."""
    events: bool = False
    """Whether we understand its event webhook."""

    @property
    def host(self) -> str:
        """The usual host, "" where it has to be looked up."""
        first = self.hosts[0] if self.hosts else ""
        return "" if "REGION" in first else first


CUSTOM = Preset("custom", "", (), ((587, STARTTLS), (465, TLS), (2525, STARTTLS)))
PRESETS = {
    each.key: each
    for each in (
        Preset(
            "sendgrid",
            "SendGrid",
            ("smtp.sendgrid.net", "smtp.eu.sendgrid.net"),
            ((587, STARTTLS), (465, TLS), (2525, STARTTLS)),
            username="apikey",
            events=True,
        ),
        Preset(
            "mailgun",
            "Mailgun",
            ("smtp.mailgun.org", "smtp.eu.mailgun.org"),
            ((587, STARTTLS), (465, TLS), (2525, STARTTLS)),
        ),
        Preset(
            "ses",
            "Amazon SES",
            ("email-smtp.REGION.amazonaws.com",),
            ((587, STARTTLS), (465, TLS), (2587, STARTTLS), (2465, TLS)),
        ),
        Preset("brevo", "Brevo", ("smtp-relay.brevo.com",), ((587, STARTTLS), (465, TLS), (2525, STARTTLS))),
        Preset(
            "resend",
            "Resend",
            ("smtp.resend.com",),
            ((587, STARTTLS), (465, TLS), (2587, STARTTLS), (2465, TLS)),
            username="resend",
        ),
        Preset(
            "tencent",
            "腾讯云邮件推送",
            ("smtp.qcloudmail.com", "gz-smtp.qcloudmail.com", "sg-smtp.qcloudmail.com"),
            ((465, TLS),),
        ),
        Preset(
            "aliyun",
            "阿里云邮件推送",
            ("smtpdm.aliyun.com", "smtpdm-ap-southeast-1.aliyuncs.com"),
            ((465, TLS),),
        ),
        CUSTOM,
    )
}


def preset(key: str) -> Preset:
    """The preset with this key, custom for any other."""
    return PRESETS.get(key, CUSTOM)
