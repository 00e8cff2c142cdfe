"""Operators of a query: their names in English and Chinese, and what dates, ages and sizes they take. Pure."""

import re
from calendar import monthrange
from datetime import date, datetime, timedelta
from difflib import get_close_matches

from mailapp.mail.query_tree import HasFiles, Is, Not, Part, Received, Size
from mailapp.mail.words import fold

NAMES: dict[str, tuple[str, ...]] = {
    "from": ("from", "发件人", "来自", "寄件人"),
    "to": ("to", "收件人", "发给", "deliveredto"),
    "cc": ("cc", "抄送"),
    "subject": ("subject", "主题", "标题"),
    "body": ("body", "正文"),
    "files": ("附件",),
    "filename": ("filename", "文件名", "档名"),
    "list": ("list", "列表", "邮件列表"),
    "code": ("code", "验证码"),
    "has": ("has", "有", "含"),
    "is": ("is", "是", "状态"),
    "in": ("in", "在", "文件夹"),
    "label": ("label", "标签"),
    "before": ("before", "之前", "早于"),
    "after": ("after", "之后", "晚于"),
    "older_than": ("older_than", "olderthan", "超过"),
    "newer_than": ("newer_than", "newerthan", "最近"),
    "larger": ("larger", "大于"),
    "smaller": ("smaller", "小于"),
}
"""Operator -> how it may be written, folded (mail/words.py: simplified, half width, small letters)."""
_BY_NAME = {name: operator for operator, names in NAMES.items() for name in names}
_ENGLISH = [names[0] for names in NAMES.values() if names[0].isascii()]
_STATES = {
    "unread": "unread", "未读": "unread", "read": "read", "已读": "read", "starred": "starred", "flagged": "starred",
    "星标": "starred", "加星": "starred", "已加星": "starred", "answered": "answered", "replied": "answered",
    "已回复": "answered",
}  # fmt: skip
_FILES = ("attachment", "attachments", "附件", "file", "files")
_YES, _NO = ("", "有", "是", "yes"), ("无", "没有", "否", "no")
_TODAY, _YESTERDAY = ("today", "今天", "今日"), ("yesterday", "昨天", "昨日")
_DATE = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2}))?)?[年月日]?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_AGE = re.compile(r"(\d{1,5})\s*([a-z]+|[\u4e00-\u9fff]+)")
_UNITS = {
    **dict.fromkeys(("h", "hour", "hours", "时", "小时", "个小时"), "h"),
    **dict.fromkeys(("d", "day", "days", "天", "日"), "d"),
    **dict.fromkeys(("w", "week", "weeks", "周", "星期", "个星期"), "w"),
    **dict.fromkeys(("m", "month", "months", "月", "个月"), "m"),
    **dict.fromkeys(("y", "year", "years", "年"), "y"),
}
_SIZE = re.compile(r"(\d{1,12}(?:\.\d{1,3})?)\s*([kmg]?)(?:i?b)?")
_BYTES = {"": 1, "k": 1_000, "m": 1_000_000, "g": 1_000_000_000}
LARGEST = 1 << 50


def operator(name: str) -> str:
    """The operator a name means, "" for none."""
    return _BY_NAME.get(fold(name), "")


def meant(name: str) -> str:
    """The operator that was probably meant by a name that is none."""
    close = get_close_matches(fold(name), _ENGLISH, 1, 0.7) if name.isascii() and len(name) > 2 else []
    return close[0] if close else ""


def files(value: str) -> Part | None:
    """附件: alone or with yes or no; None for the name of one."""
    if value in _YES:
        return HasFiles()
    return Not(HasFiles()) if value in _NO else None


def special(name: str, value: str, now: datetime) -> tuple[Part | None, str]:
    """What an operator other than words, folders and labels asks for, or None; and the kind of problem it would be."""
    if name == "is":
        return (Is(_STATES[value]) if value in _STATES else None), "state"
    if name == "has":
        return (HasFiles() if value in _FILES else None), "thing"
    if name in ("before", "after"):
        day = day_of(value, now.date())
        at = None if day is None else _ms(datetime(day.year, day.month, day.day, tzinfo=now.tzinfo))
        return (None if at is None else Received(high=at) if name == "before" else Received(low=at)), "date"
    if name in ("older_than", "newer_than"):
        at = ago(value, now)
        return (None if at is None else Received(high=at) if name == "older_than" else Received(low=at)), "age"
    size = size_of(value)
    return (None if size is None else Size(low=size) if name == "larger" else Size(high=size)), "size"


def day_of(value: str, today: date) -> date | None:
    """2026-11-03, 2026/11/3, 20261103, 2026年11月3日; 2026-11 and 2026 are their first day; today, yesterday."""
    if value in _TODAY:
        return today
    if value in _YESTERDAY:
        return today - timedelta(days=1)
    match = _COMPACT.fullmatch(value) or _DATE.fullmatch(value)
    if match is None:
        return None
    year, month, day = (int(each or 1) for each in match.groups())
    try:
        return date(year, month, day) if year >= 1970 else None
    except ValueError:
        return None


def ago(value: str, now: datetime) -> int | None:
    """7d, 2w, 3m, 1y, 12h; 7天, 3个月 before now, in ms since 1970 UTC."""
    match = _AGE.fullmatch(value)
    unit = _UNITS.get(match[2]) if match else None
    if match is None or unit is None:
        return None
    number = int(match[1])
    if unit in "my":
        months = now.year * 12 + now.month - 1 - number * (12 if unit == "y" else 1)
        year, month = divmod(months, 12)
        if year < 1970:
            return 0
        then = now.replace(year=year, month=month + 1, day=min(now.day, monthrange(year, month + 1)[1]))
        return _ms(then)
    days = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}[unit] * number
    return max(0, _ms(now) - round(days.total_seconds() * 1000))


def size_of(value: str) -> int | None:
    """5M, 200K, 1.5MB, 4096: bytes, thousands as the pages count them."""
    match = _SIZE.fullmatch(value)
    return None if match is None else min(round(float(match[1]) * _BYTES[match[2]]), LARGEST)


def _ms(at: datetime) -> int:
    return max(0, round(at.timestamp() * 1000))
