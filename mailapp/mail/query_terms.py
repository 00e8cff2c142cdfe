"""Operators of a query: their names in English and Chinese, and what dates, ages and sizes they take. Pure."""

import re
from calendar import monthrange
from datetime import date, datetime, timedelta
from difflib import get_close_matches

from mailapp.mail.query_tree import HasFiles, Is, Not, Part, Received, Size
from mailapp.mail.words import fold

NAMES: dict[str, tuple[str, ...]] = {
    "from": ("from", "发件人", "来自", "寄件人", "寄件者", "发信人"),
    "to": ("to", "收件人", "发给", "收件者", "收信人", "deliveredto"),
    "cc": ("cc", "抄送", "副本"),
    "addressed": ("addressed", "往来", "联系人"),
    "subject": ("subject", "主题", "标题", "主旨"),
    "body": ("body", "正文", "内容", "内文"),
    "files": ("附件",),
    "filename": ("filename", "文件名", "档名", "附件名"),
    "list": ("list", "列表", "邮件列表"),
    "code": ("code", "验证码"),
    "has": ("has", "有", "含"),
    "is": ("is", "是", "状态"),
    "in": ("in", "在", "文件夹", "资料夹", "folder"),
    "label": ("label", "标签", "tag"),
    "before": ("before", "之前", "早于", "older", "until"),
    "after": ("after", "之后", "晚于", "newer", "since"),
    "on": ("on", "日期", "date"),
    "older_than": ("older_than", "olderthan", "超过"),
    "newer_than": ("newer_than", "newerthan", "最近"),
    "larger": ("larger", "大于", "larger_than", "size"),
    "smaller": ("smaller", "小于", "smaller_than"),
}
"""Operator -> how it may be written, folded (mail/words.py: simplified, half width, small letters)."""
_BY_NAME = {name: operator for operator, names in NAMES.items() for name in names}
_ENGLISH = [names[0] for names in NAMES.values() if names[0].isascii()]
_CHINESE = [name for name in _BY_NAME if not name.isascii()]
_STATES: dict[str, Part] = {
    **dict.fromkeys(("unread", "未读"), Is("unread")),
    **dict.fromkeys(("read", "已读"), Is("read")),
    **dict.fromkeys(("starred", "flagged", "星标", "加星", "已加星", "已加星标", "已标星"), Is("starred")),
    **dict.fromkeys(("answered", "replied", "已回复", "已答复"), Is("answered")),
    **dict.fromkeys(("unanswered", "unreplied", "未回复", "未答复"), Not(Is("answered"))),
    **dict.fromkeys(("labelled", "labeled", "tagged", "已加标签"), Is("labelled")),
}
_THINGS: dict[str, Part] = {
    **dict.fromkeys(("attachment", "attachments", "附件", "file", "files"), HasFiles()),
    **dict.fromkeys(("code", "codes", "验证码", "校验码", "动态码"), Is("code")),
    **dict.fromkeys(("link", "验证链接", "登录链接", "链接"), Is("link")),
    **dict.fromkeys(("star", "星标"), Is("starred")),
    **dict.fromkeys(("label", "labels", "userlabels", "标签"), Is("labelled")),
    **dict.fromkeys(("nolabels", "nouserlabels", "无标签"), Not(Is("labelled"))),
}
_YES, _NO = ("", "有", "是", "yes"), ("无", "没有", "否", "no")
_DAYS = {
    **dict.fromkeys(("today", "今天", "今日"), "today"),
    **dict.fromkeys(("yesterday", "昨天", "昨日"), "yesterday"),
    "前天": "day before",
    **dict.fromkeys(("thisweek", "本周", "这周"), "week"),
    **dict.fromkeys(("lastweek", "上周"), "last week"),
    **dict.fromkeys(("thismonth", "本月", "这个月"), "month"),
    **dict.fromkeys(("lastmonth", "上月", "上个月"), "last month"),
    **dict.fromkeys(("thisyear", "今年"), "year"),
    **dict.fromkeys(("lastyear", "去年"), "last year"),
}
_DATE = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2}))?)?[年月日]?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_OF_NO_YEAR = re.compile(r"(\d{1,2})月(?:(\d{1,2})[日号號]?)?")
_AGE = re.compile(r"(\d{1,5}|[一二两三四五六七八九十])\s*([a-z]+|[\u4e00-\u9fff]+)")
_NUMBERS = {"两": 2} | {one: number for number, one in enumerate("一二三四五六七八九十", 1)}
_UNITS = {
    **dict.fromkeys(("h", "hour", "hours", "时", "小时", "个小时"), "h"),
    **dict.fromkeys(("d", "day", "days", "天", "日"), "d"),
    **dict.fromkeys(("w", "week", "weeks", "周", "星期", "个星期"), "w"),
    **dict.fromkeys(("m", "month", "months", "月", "个月"), "m"),
    **dict.fromkeys(("y", "year", "years", "年"), "y"),
}
_SIZE = re.compile(r"(\d{1,12}(?:\.\d{1,3})?)\s*([kmg兆]?)(?:i?b)?")
_BYTES = {"": 1, "k": 1_000, "m": 1_000_000, "兆": 1_000_000, "g": 1_000_000_000}
LARGEST = 1 << 50


def operator(name: str) -> str:
    """The operator a name means, "" for none."""
    return _BY_NAME.get(fold(name), "")


def meant(name: str) -> str:
    """The operator that was probably meant by a name that is none, as somebody of that language writes it."""
    known = _ENGLISH if name.isascii() else _CHINESE
    close = get_close_matches(fold(name), known, 1, 0.7) if len(name) > (2 if name.isascii() else 1) else []
    return close[0] if close else ""


def files(value: str) -> Part | None:
    """附件: alone or with yes or no; None for the name of one."""
    if value in _YES:
        return HasFiles()
    return Not(HasFiles()) if value in _NO else None


def special(name: str, value: str, now: datetime) -> tuple[Part | None, str]:
    """What an operator other than words, folders and labels asks for, or None; and the kind of problem it would be."""
    if name == "is":
        return _STATES.get(value), "state"
    if name == "has":
        return _THINGS.get(value), "thing"
    if name in ("larger", "smaller"):
        size = size_of(value)
        return (None if size is None else Size(low=size) if name == "larger" else Size(high=size)), "size"
    return _when(name, value, now), "age" if name.endswith("_than") else "date"


def _when(name: str, value: str, now: datetime) -> Part | None:
    """A day for what takes a span of time and the other way round are understood, too."""
    days = days_of(value, now.date())
    if name == "on":
        return None if days is None else Received(*(_ms(_midnight(each, now)) for each in days))
    if name in ("before", "after") and days is not None:
        at: int | None = _ms(_midnight(days[0], now))
    else:
        at = ago(value, now)
        if at is None and days is not None:
            at = _ms(_midnight(days[0], now))
    if at is None:
        return None
    return Received(high=at) if name in ("before", "older_than") else Received(low=at)


def _midnight(day: date, now: datetime) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=now.tzinfo)


def days_of(value: str, today: date) -> tuple[date, date] | None:
    """[first day, day after the last) of 2026-11-03, 2026/11/3, 20261103, 2026年11月3日, 2026-11, 2026; of 3月 and
    3月5日 the last there was; today, yesterday, this and last week, month, year.
    """
    if value.replace(" ", "").replace("-", "").replace("_", "") in _DAYS:
        return _named_days(_DAYS[value.replace(" ", "").replace("-", "").replace("_", "")], today)
    match = _COMPACT.fullmatch(value) or _DATE.fullmatch(value)
    without_year = _OF_NO_YEAR.fullmatch(value)
    if without_year is not None:
        month, day = (int(each or 0) for each in without_year.groups())
        year = today.year - ((month, day or 1) > (today.month, today.day))
    elif match is not None:
        year, month, day = (int(each or 0) for each in match.groups())
    else:
        return None
    try:
        first = date(year, month or 1, day or 1)
        if year < 1970:
            return None
        return first, first + timedelta(days=1) if day else _later(first, 1 if month else 12)
    except (ValueError, OverflowError):
        return None


def _named_days(name: str, today: date) -> tuple[date, date]:
    day, monday = timedelta(days=1), today - timedelta(days=today.weekday())
    month, year = today.replace(day=1), today.replace(month=1, day=1)
    return {
        "today": (today, today + day),
        "yesterday": (today - day, today),
        "day before": (today - 2 * day, today - day),
        "week": (monday, monday + 7 * day),
        "last week": (monday - 7 * day, monday),
        "month": (month, _later(month, 1)),
        "last month": (_later(month, -1), month),
        "year": (year, _later(year, 12)),
        "last year": (_later(year, -12), year),
    }[name]


def _later(first: date, months: int) -> date:
    """The first of a month so many months away. Raises ValueError after the year 9999."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)


def ago(value: str, now: datetime) -> int | None:
    """7d, 2w, 3m, 1y, 12h; 7天, 三个月, 半年 before now, in ms since 1970 UTC."""
    match = _AGE.fullmatch("6m" if value == "半年" else value)
    unit = _UNITS.get(match[2]) if match else None
    if match is None or unit is None:
        return None
    number = _NUMBERS.get(match[1]) or int(match[1])
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
