"""Who would learn that a letter was opened: the hosts of its remote pictures, and which pictures only serve that."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from mailapp.mail.markup import names
from mailapp.values import dataclass

MAX_HOSTS = 100
MAX_IMAGES = 1_000
"""Pictures that are looked at; a letter with more is no letter."""
_TINY = 3
"""Pixels: a picture at most this high and wide shows nothing."""
_HOSTS = names(
    """google-analytics.com doubleclick.net googleadservices.com list-manage.com list-manage1.com list-manage2.com
    mailchimp.com mandrillapp.com sendgrid.net mailgun.org mailgun.net mailjet.com mjt.lu hubspot.com hubspotlinks.com
    hubspotemail.net hs-analytics.net exacttarget.com exct.net sfmc-content.com salesforce.com pardot.com marketo.com
    mktoresp.com mkt4477.com sendinblue.com sibautomation.com brevo.com klaviyo.com klclick.com klaviyomail.com
    constantcontact.com rs6.net campaign-archive.com createsend.com createsend1.com cmail19.com cmail20.com
    getresponse.com activecampaign.com activehosted.com customer.io customeriomail.com intercom.io
    intercom-mail.com drip.com convertkit-mail.com convertkit-mail2.com mailerlite.com mlsend.com emltrk.com litmus.com
    postmarkapp.com pstmrk.it sparkpostmail.com sparkpostmail1.com awstrack.me mixpanel.com segment.com segment.io
    branch.io app.link adjust.com braze.com iterable.com responsys.net rsys2.net omniture.com 2o7.net omtrdc.net
    demdex.net eloqua.com en25.com yesware.com mailtrack.io streak.com mixmax.com bananatag.com getnotify.com
    readnotify.com superhuman.com boomeranggmail.com cirrusinsight.com contactmonkey.com saleshandy.com vero.co
    criteo.com  scorecardresearch.com quantserve.com sailthru.com dotmailer.com
    emarsys.net emarsys.com cheetahmail.com epsl1.com bluekai.com acxiom.com taboola.com outbrain.com movableink.com
    liveintent.com liadm.com agkn.com everesttech.net focussend.com sendcloud.net umeng.com cnzz.com mmstat.com
    tanx.com hm.baidu.com growingio.com sensorsdata.cn webpower.asia"""
)
_PATHS = re.compile(
    r"/(?:wf/open|e/o/|track/open|trk/open|open/track|o/track|opens?/|(?:open|track)\.(?:gif|php|aspx|png)|"
    r"pixel(?:\.|/|$)|beacon|1x1|blank\.gif|spacer\.gif\?|t\.gif|o\.gif|emimp/|collect\?|ss/o/|trackopen|openimage)",
    re.IGNORECASE,
)
_SIZE = re.compile(r"\s*(\d{1,6})(?:\.\d*)?\s*(?:px)?\s*$", re.IGNORECASE)
_STYLE_SIZE = re.compile(
    r"(?<![\w-])(?:max-)?(width|height)\s*:\s*(\d{1,6})(?:\.\d*)?(?:px)?\s*(?:!|;|$)", re.IGNORECASE
)
_UNSEEN = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?![.\d]*[1-9]))", re.IGNORECASE)
_MAX_STYLE = 2_000


@dataclass(frozen=True, slots=True)
class Held:
    """What was held back of one host."""

    host: str
    images: int
    trackers: int
    """How many of the images serve no other end than to report the opening."""


class HeldBack:
    """Counts remote pictures by host, at most MAX_HOSTS of them."""

    def __init__(self) -> None:
        self._hosts: dict[str, list[int]] = {}
        self._noted = 0

    def note(self, url: str, attributes: Mapping[str, str], times: int = 1) -> None:
        """Count a picture that stands there so often, by its http(s) URL and the attributes of its <img>."""
        self._noted += 1
        if self._noted > MAX_IMAGES:
            return
        host = host_of(url)
        if host not in self._hosts and len(self._hosts) >= MAX_HOSTS:
            return
        counts = self._hosts.setdefault(host, [0, 0])
        counts[0] += times
        counts[1] += times * is_tracker(url, attributes)

    def hosts(self) -> tuple[Held, ...]:
        """By host, those with trackers first, then those with the most images."""
        held = (Held(host, *counts) for host, counts in self._hosts.items())
        return tuple(sorted(held, key=lambda one: (-one.trackers, -one.images, one.host)))


def host_of(url: str) -> str:
    """The host an http(s) URL asks, in lower case without a final dot; "" where it names none that can be read."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")[:255]
    except ValueError:
        return ""


def is_tracker(url: str, attributes: Mapping[str, str]) -> bool:
    """Whether a picture only reports the opening: nothing to see, or known to be asked for that."""
    return _shows_nothing(attributes) or _is_known(url)


def _shows_nothing(attributes: Mapping[str, str]) -> bool:
    style = attributes.get("style", "")[:_MAX_STYLE]
    if _UNSEEN.search(style):
        return True
    sizes = {name.lower(): int(size) for name, size in _STYLE_SIZE.findall(style)}
    for name in ("width", "height"):
        found = _SIZE.match(attributes.get(name, "")[:20])
        if found and name not in sizes:
            sizes[name] = int(found[1])
    # without a height a width of one is a thin line, a spacer at most
    return (len(sizes) == 2 and all(size <= _TINY for size in sizes.values())) or 0 in sizes.values()


def _is_known(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return False
    labels = host.split(".")[-5:]
    if any(".".join(labels[number:]) in _HOSTS for number in range(len(labels))):
        # what such a host shows as a picture of the letter is a picture: their paths say so
        return not re.search(r"\.(?:jpe?g|png|webp)$", parts.path[:2_000], re.IGNORECASE)
    return _PATHS.search(parts.path[:2_000] + ("?" if parts.query else "")) is not None
