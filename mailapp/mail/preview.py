"""The one line of a letter shown in the list."""

import re

from mailapp.mail.html_text import html_to_text

__all__ = ["html_to_text", "preview"]

MAX_PREVIEW = 200
"""Characters."""
_LOOKED_AT = 6_000
_FIRST_LOOK = 500
"""Characters that nearly always are enough."""
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e"
    "\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\u2800\u3164\ufeff\uffa0]+"
)
_LONG_URL = re.compile(r"[<(\[（【]?\bhttps?://[^\s<>\"'，。；）】]{25,}[>)\]）】]?", re.IGNORECASE)
_IMAGE = re.compile(r"\[(?:cid|image|图片|图像)\s*:[^\]]{0,200}\]", re.IGNORECASE)
_RULE = re.compile(r"[\W_]*")
_BOILERPLATE = re.compile(
    # What no alternative begins with ends the attempt at once: most lines are no boilerplate.
    r"""^\W*+(?=[icvrodtpuhsbwa如若點点請请在用使浏瀏此本这勿发來退取])(?:
    (?:if\ you(?:'re|\ are)?\ (?:can(?:'|no|’)t|having|unable|have)[^.]{0,60}
        (?:see|view|read|display|trouble|problem|images)
    |(?:can(?:'|’|no)t|trouble|problems?|unable\ to|having\ trouble)\b[^.]{0,40}(?:view|see|read|display)
    |(?:click\ here\ to\ )?(?:view|read|open|see|display)\b[^.]{0,40}\b(?:browser|online|web\ ?(?:page|version|site)?)\b
    |(?:web|online|browser)\ version\b|is\ this\ e-?mail\ not\ displaying
    |unsubscribe\b|add\ us\ to\ your\ address\ book
    |this\ is\ an?\ (?:auto(?:mated|matic)\w*|system)\b[^.]{0,60}(?:reply|message|e-?mail)
    |(?:please\ )?do\ not\ reply|sent\ from\ my\ (?:iphone|ipad|android|phone|mobile))[^\n]{0,120}
    |(?:如果?|若)[^。]{0,25}(?:无法|不能|未能|看不到)[^。]{0,25}(?:显示|查看|浏览|阅读|看到|打开)?[^\n]{0,60}
    |(?:點擊|点击|請點|请点)[^。]{0,10}(?:此处|這裡|这里|此處|链接)?[^。]{0,6}(?:在浏览器|在线|在線|网页版|浏览器)[^\n]{0,30}
    |(?:在|用|使用)?(?:浏览器|瀏覽器)(?:中|里|裡)?(?:查看|打开|阅读|檢視|開啟)[^\n]{0,30}
    |(?:此|本|这是)[^。]{0,4}(?:邮件|郵件|信件)?[^。，]{0,6}(?:由系统|系统自动|系統自動|自动发送|自动发出|自動發送)[^\n]{0,40}
    |(?:请|請)?勿(?:直接)?(?:回复|回覆)[^\n]{0,30}|发自我的\S{0,20}|來自我的\S{0,20}|(?:退订|取消订阅)[^\n]{0,20}
    )\W*$""",
    re.IGNORECASE | re.VERBOSE,
)
_QUOTED = re.compile(
    r"^(?:>|On\b.{5,200}\bwrote:\s*$|在.{5,100}写道[:：]\s*$|"
    r"-{2,}\s*(?:Original Message|原始邮件|原始郵件|转发邮件|Forwarded))",
    re.IGNORECASE,
)


def preview(text: str) -> str:
    """At most 200 characters of a letter on one line, without quotes, padding, signature and "view in browser"."""
    head = text[:_LOOKED_AT]
    plain = head.isascii()
    if len(head) > _FIRST_LOOK:
        first = head[:_FIRST_LOOK].rpartition("\n")[0]
        found = " ".join(_telling_lines(first if plain else _INVISIBLE.sub("", first)))
        if len(found) >= MAX_PREVIEW:
            return found[:MAX_PREVIEW].rstrip()
    if not plain:
        head = _INVISIBLE.sub("", head)
    found = " ".join(_telling_lines(head)) or " ".join(head[:1000].split())
    return found[:MAX_PREVIEW].rstrip()


def _telling_lines(head: str) -> list[str]:
    """Lines that say something, as many as the preview has room for."""
    chosen: list[str] = []
    size = 0
    for raw in head.splitlines():
        line = " ".join(raw.split())
        if not line:
            continue
        if line == "--" and raw.rstrip() == "--" and (raw == "-- " or chosen):
            break
        line = _line(line)
        if line:
            chosen.append(line)
            size += len(line) + 1
            if size > MAX_PREVIEW:
                break
    return chosen


def _line(line: str) -> str:
    """A line as far as it says something; "" for quotes, rules and boilerplate."""
    if line[0] in ">O在-" and _QUOTED.match(line):
        return ""
    if "://" in line:
        line = " ".join(_LONG_URL.sub("", line).split())
    if "[" in line:
        line = _IMAGE.sub("", line).strip()
    if not line[:1].isalnum() and _RULE.fullmatch(line):
        return ""
    return "" if len(line) < 200 and _BOILERPLATE.match(line) else line
