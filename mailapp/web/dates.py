"""Dates as people of a language write them."""

from datetime import date
from functools import cache

from mailapp.i18n import translations
from mailapp.web.reader import Reader


def pretty_date(reader: Reader, day: date, today: date) -> str:
    """3月4日 or Mar 4; with the year where it is not this one."""
    months, of_this_year, of_another = _date_words(reader.language)
    form = of_this_year if day.year == today.year else of_another
    return form.format(month=months[day.month - 1], day=day.day, year=day.year)


@cache
def _date_words(language: str) -> tuple[list[str], str, str]:
    """(months, forms of a date) once a language: fifty rows have fifty dates."""
    _ = translations(language).gettext
    months = _("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec").split()
    return months, _("{month} {day}"), _("{month} {day}, {year}")
