"""Hits of a search in the open message."""

import asyncio
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

from markupsafe import Markup

from mailapp.mail import marks
from mailapp.mail.query import parse
from mailapp.mail.query_tree import positive_texts
from mailapp.web.folders import Folder
from mailapp.web.letters import LARGE
from mailapp.web.reader import current_reader
from mailapp.web.reading import MessageView
from mailapp.web.searching import mark_text, marker_of


async def marked_view(view: MessageView, folder: Folder) -> MessageView:
    """The message with hits marked in subject, sender, text and names of files; its HTML is told to do so, too."""
    marker = marker_of(folder)
    if marker is None or folder.query is None:
        return view
    text = await _marked_html(str(view.text_html), marker) if view.text_html else ""
    mark = "&" if "?" in view.body_src else "?"
    return replace(
        view,
        plain_subject=view.subject,
        subject=mark_text(marker, view.subject, "subject"),
        sender_name=mark_text(marker, view.sender_name, "from"),
        sender_address=mark_text(marker, view.sender_address, "from"),
        plain_sender=view.sender_address,
        recipients=mark_text(marker, view.recipients, "to"),
        body_src=f"{view.body_src}{mark}q={quote(folder.query.text.strip(), safe='')}",
        text_html=Markup(text),  # noqa: S704 - letter_html's, with <mark> put around text
        attachments=tuple(replace(each, name=mark_text(marker, each.name, "files")) for each in view.attachments),
    )


async def marked_letter(html: str, query: str) -> str:
    """Sanitised HTML with the words of a query marked."""
    if not query.strip():
        return html
    wanted = positive_texts(parse(query, datetime.now(current_reader().zone)).part)
    return await _marked_html(html, marks.marker(tuple(wanted))) if wanted else html


async def _marked_html(html: str, marker: marks.Marker) -> str:
    if not marker.marks("body"):
        return html
    if len(html) < LARGE:
        return marks.mark_html(html, marker)
    return await asyncio.to_thread(marks.mark_html, html, marker)
