"""Names people trust at sight, and the sites that may bear them. Short on purpose: those mail is forged for most."""

import re
from collections.abc import Collection
from functools import lru_cache

_BRANDS: dict[str, tuple[str, ...]] = {
    "PayPal": ("paypal.com", "paypal-communication.com"),
    "Apple": ("apple.com", "icloud.com", "itunes.com", "me.com", "mac.com"),
    "Microsoft": ("microsoft.com", "microsoftonline.com", "outlook.com", "live.com", "office.com", "azure.com",
                  "sharepointonline.com", "office365.com", "xbox.com"),
    "Google": ("google.com", "youtube.com", "gmail.com", "googlemail.com", "android.com"),
    "Amazon": ("amazon.com", "amazon.cn", "amazon.de", "amazon.co.uk", "amazon.co.jp", "amazonses.com"),
    "Netflix": ("netflix.com",),
    "Facebook": ("facebook.com", "facebookmail.com", "meta.com", "metamail.com"),
    "Instagram": ("instagram.com", "facebookmail.com"),
    "GitHub": ("github.com",),
    "LinkedIn": ("linkedin.com",),
    "Dropbox": ("dropbox.com", "dropboxmail.com"),
    "Binance": ("binance.com", "binance.us"),
    "Coinbase": ("coinbase.com",),
    "DHL": ("dhl.com", "dhl.de"),
    "FedEx": ("fedex.com",),
    "UPS": ("ups.com",),
    "支付宝": ("alipay.com", "antgroup.com"),
    "淘宝": ("taobao.com", "alibaba.com", "alibaba-inc.com"),
    "天猫": ("tmall.com", "taobao.com"),
    "阿里云": ("aliyun.com", "alibabacloud.com", "aliyun-inc.com"),
    "京东": ("jd.com",),
    "微信": ("qq.com", "tencent.com", "wechat.com"),
    "腾讯": ("qq.com", "tencent.com"),
    "网易": ("163.com", "netease.com", "126.com"),
    "抖音": ("douyin.com", "bytedance.com"),
    "美团": ("meituan.com",),
    "顺丰": ("sf-express.com",),
    "中国铁路": ("12306.cn",),
    "中国工商银行": ("icbc.com.cn",),
    "工商银行": ("icbc.com.cn",),
    "中国建设银行": ("ccb.com",),
    "建设银行": ("ccb.com",),
    "中国农业银行": ("abchina.com", "abchina.com.cn"),
    "农业银行": ("abchina.com", "abchina.com.cn"),
    "中国银行": ("boc.cn", "bankofchina.com"),
    "交通银行": ("bankcomm.com",),
    "招商银行": ("cmbchina.com",),
    "中国移动": ("10086.cn", "chinamobile.com"),
    "中国电信": ("189.cn", "chinatelecom.cn"),
    "中国联通": ("10010.com", "chinaunicom.cn"),
}  # fmt: skip
_WORDS = (
    r"(?:the|team|support|services?|security|accounts?|billing|help|cent(?:er|re)|id|pay|prime|store|online|customer|care|"
    r"alerts?|info|no-?reply|notifications?|inc\.?|llc|express|delivery|verification)"
)
_LATIN = re.compile(
    rf"(?:{_WORDS}\W+)*({'|'.join(one for one in _BRANDS if one.isascii())})(?:\W+{_WORDS})*\W*", re.IGNORECASE
)
_HAN_NAMES = sorted((one for one in _BRANDS if not one.isascii()), key=len, reverse=True)
_HAN = re.compile(rf"\W*(?:【|\[)?({'|'.join(_HAN_NAMES)})")
_FOLDED = {name.casefold(): name for name in _BRANDS}


def brand_in(name: str) -> str:
    """The brand a display name claims to be, "" for none: "Apple Support" claims one, "Apple Tree Cafe" does not."""
    name = name[:120].strip()
    found = _LATIN.fullmatch(name) or _HAN.match(name)
    return _FOLDED[found[1].casefold()] if found else ""


def is_site_of(site: str, brand: str = "") -> bool:
    """Whether a site (hosts.site_of) is the brand's own; without a brand, any brand's. amazon.fr counts by its name."""
    if brand:
        return site in _BRANDS[brand] or site.partition(".")[0] in {one.partition(".")[0] for one in _BRANDS[brand]}
    return site in well_known()


@lru_cache(maxsize=1)
def well_known() -> Collection[str]:
    """All their sites."""
    return frozenset(site for sites in _BRANDS.values() for site in sites)
