"""The layouts mail is really built in, for the HTML part of the corpus of codes: one page, one way to show a code each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

_PADDING = "&#8199;&zwnj;&nbsp;&#847; " * 40
_STYLE = """<style type="text/css">
  body{margin:0;background-color:#f4f4f7;color:#51545e} a{color:#3869d4} .code-482910{font-size:32px}
  .button{background-color:#3869d4;border-top:10px solid #3869d4} @media only screen and (max-width:600px){.w{width:100%!important}}
  .preheader{display:none!important;visibility:hidden;mso-hide:all;font-size:1px;line-height:1px;max-height:0}
</style>"""
_MSO = "<!--[if mso]><xml><o:PixelsPerInch>96</o:PixelsPerInch></xml><![endif]-->"


@dataclass(frozen=True)
class Layout:
    """How a page begins and ends, and what its pieces look like."""

    head: str
    foot: str
    paragraph: str
    code: Callable[[str], str]
    button: str
    hidden: str
    small: str
    heading: str = '<h1 style="font-size:22px;color:#333333;">%s</h1>'
    preheader: str = '<span class="preheader" style="display:none;">%s</span>'


def _cells(code: str) -> str:
    style = "border:1px solid #dddddd;width:44px;height:56px;font-size:28px;color:#111111;text-align:center"
    cells = "".join(f'<td style="{style}">{one}</td>' for one in code)
    return f'<table role="presentation" cellspacing="8"><tr>{cells}</tr></table>'


def _boxes(code: str) -> str:
    return "".join(f'<div style="display:inline-block;width:40px;background:#eef2f7">{one}</div>' for one in code)


def _spans(code: str) -> str:
    inner = "".join(f'<span style="padding:8px;border-bottom:2px solid #2F80ED">{one}</span>' for one in code)
    return f'<p style="letter-spacing:6px">{inner}</p>'


def _big(code: str) -> str:
    return (
        f'<div style="font-size:36px;font-weight:bold;letter-spacing:8px;color:#4A5568;background:#EDF2F7;padding:20px">'
        f"\n        {escape(code)}\n      </div>"
    )


def _rows(code: str) -> str:
    return f'<table width="100%"><tr><td bgcolor="#f5f5f5" align="center"><b>{escape(code)}</b></td></tr></table>'


def _pre(code: str) -> str:
    return f'<pre style="font-size:20px;">{escape(code)}</pre>'


def _strong(code: str) -> str:
    return f"<strong>{escape(code)}</strong><br><br>"


def _white_on_blue(code: str) -> str:
    return (
        '<table><tr><td bgcolor="#1a73e8" style="background-color:#1a73e8;padding:12px">'
        f'<span style="color:#ffffff;font-size:24px">{escape(code)}</span></td></tr></table>'
    )


def _split_halves(code: str) -> str:
    half = len(code) // 2
    return f'<p style="font-size:30px"><span>{code[:half]}</span>&nbsp;<span>{code[half:]}</span></p>'


def _spaced(code: str) -> str:
    return (
        '<section style="background-color:rgb(242,243,245);border-radius:4px;margin:16px auto 14px">'
        f'<p style="font-size:32px;letter-spacing:6px;line-height:40px;color:rgb(0,0,0);text-align:center">{escape(code)}</p>'
        "</section>"
    )


def _cell_of_row(code: str) -> str:
    return (
        '<tr><td align="center" style="font-size:0px;padding:10px 25px;word-break:break-word"><div style="font-family:'
        f'Ubuntu,Helvetica;font-size:28px;line-height:1;color:#20292d">{escape(code)}</div></td></tr>'
    )


_DOCTYPE = '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">'
_TABLE_HEAD = (
    f'{_DOCTYPE}<html xmlns="http://www.w3.org/1999/xhtml"><head><meta charset="utf-8"><title>Mail 20931</title>{_STYLE}{_MSO}</head>'
    '<body><table class="w" width="100%" cellpadding="0" cellspacing="0" role="presentation"><tr><td align="center">'
    '<table width="600" style="width:600px;background-color:#ffffff"><tr><td style="padding:24px">'
)
_TABLE_FOOT = "</td></tr></table></td></tr></table></body></html>"
_ROW = '<table width="100%%"><tr><td style="font-family:Arial;font-size:16px;color:#51545E">%s</td></tr></table>'
_BUTTON = (
    '<table border="0"><tr><td style="background-color:#3869d4;border-radius:4px"><a href="{url}" target="_blank" '
    'style="color:#ffffff;display:inline-block;padding:10px 18px">{text}</a></td></tr></table>'
)
_PLAIN_BUTTON = '<p><a class="button" href="{url}" style="background:#0b57d0;color:#fff;padding:12px">{text}</a></p>'

LAYOUTS = {
    "table": Layout(
        _TABLE_HEAD, _TABLE_FOOT, _ROW, _rows, _BUTTON, '<div style="display:none;max-height:0;overflow:hidden">%s</div>',
        '<table width="100%%"><tr><td style="font-size:12px;color:#a8aaaf;text-align:center">%s</td></tr></table>',
    ),
    "cells": Layout(
        _TABLE_HEAD, _TABLE_FOOT, _ROW, _cells, _BUTTON, '<span style="font-size:0px;line-height:0px">%s</span>',
        '<p style="font-size:11px;color:#999999">%s</p>',
        preheader='<div style="display:none;font-size:1px;color:#f4f4f7;line-height:1px;max-height:0;opacity:0">%s' + _PADDING + "</div>",
    ),
    "boxes": Layout(
        f"<!doctype html><html><head>{_STYLE}</head><body><div style='max-width:600px;margin:0 auto'>", "</div></body></html>",
        "<p>%s</p>", _boxes, _PLAIN_BUTTON, '<p style="color:#ffffff">%s</p>', "<hr><small>%s</small>",
    ),
    "spans": Layout(
        "<html><body style='font-family:Segoe UI'>", "</body></html>", "<div>%s</div>", _spans, _PLAIN_BUTTON,
        '<div style="visibility:hidden">%s</div>', "<div style='color:#777777'>%s</div>", preheader="<div style='display:none'>%s</div>",
    ),
    "big": Layout(
        f"<!DOCTYPE html><html lang='en'><head><meta name='viewport' content='width=device-width, initial-scale=1.0'>{_STYLE}</head>"
        '<body style="margin:0;padding:0;background:#f3f4f6">', "</body></html>",
        '<p style="line-height:1.6">%s</p>', _big, _BUTTON, '<span hidden>%s</span>',
        '<div style="text-align:center;color:#666;font-size:12px;margin-top:30px">%s</div>',
    ),
    "pre": Layout("<!DOCTYPE html><html><body>", "</body></html>", "<p>%s</p>", _pre, _PLAIN_BUTTON,
                  "<p style='opacity:0'>%s</p>", "<p><em>%s</em></p>", heading="<h2>%s</h2>"),
    "br": Layout("<html><body>", "</body></html>", "%s<br>", _strong, '<a href="{url}">{text}</a><br>',
                 '<font style="color:#FFFFFF;font-size:1px">%s</font>', "--<br>%s<br>", heading="<b>%s</b><br><br>"),
    "blue": Layout(
        _TABLE_HEAD, _TABLE_FOOT, _ROW, _white_on_blue, _BUTTON, '<div style="mso-hide:all;display:none">%s</div>',
        '<table bgcolor="#222222" width="100%%"><tr><td style="background:#222222;color:#ffffff">%s</td></tr></table>',
    ),
    "halves": Layout(
        f"<html><head>{_STYLE}</head><body><center>", "</center></body></html>", "<p>%s</p>", _split_halves, _BUTTON,
        '<div style="height:0px;overflow:hidden">%s</div>', "<p class='footer'>%s</p>",
    ),
    "list": Layout(
        "<html><head><title>1024</title></head><body><ul>", "</ul></body></html>", "<li>%s</li>", lambda code: f"<li><b>{escape(code)}</b></li>",
        '<li><a href="{url}">{text}</a></li>', "<li style='display:none'>%s</li>", "<li><small>%s</small></li>",
    ),
    "word": Layout(
        '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style><!-- p.MsoNormal {margin:0cm; font-size:11.0pt} --></style></head>'
        "<body><div class=WordSection1>", "</div></body></html>",
        '<p class="MsoNormal"><span style="color:#1F497D">%s<o:p></o:p></span></p>',
        lambda code: f'<p class="MsoNormal"><b><span style="font-size:18.0pt">{escape(code)}</span></b><o:p>&nbsp;</o:p></p>',
        '<p class="MsoNormal"><a href="{url}">{text}</a></p>', '<p style="display:none">%s</p>', '<p class="MsoNormal"><i>%s</i></p>',
    ),
    "react": Layout(
        '<html dir="ltr" lang="en"><head><meta content="text/html; charset=UTF-8" http-equiv="Content-Type"/><meta name="x-apple-disable-'
        'message-reformatting"/></head><body style="background-color:rgb(255,255,255)"><!--$--><table align="center" width="100%" border="0" '
        'role="presentation" style="max-width:37.5em;margin:0 auto"><tbody><tr style="width:100%"><td>', "</td></tr></tbody></table><!--/$--></body></html>",
        '<p style="font-size:16px;line-height:26px;margin:16px 0;color:rgb(60,65,73)">%s</p>', _spaced,
        '<a href="{url}" style="line-height:100%;text-decoration:none;display:inline-block;background-color:rgb(80,70,228);color:rgb(255,255,255);'
        'padding:12px 20px" target="_blank"><span><!--[if mso]><i style="mso-font-width:500%" hidden>&#8202;&#8202;</i><![endif]--></span>'
        '<span style="max-width:100%;display:inline-block">{text}</span></a>',
        '<div style="display:none;overflow:hidden;line-height:1px;opacity:0;max-height:0;max-width:0">%s</div>',
        '<hr style="border-color:rgb(204,204,204)"/><p style="font-size:12px;color:rgb(150,152,155)">%s</p>',
        preheader='<div style="display:none;overflow:hidden;line-height:1px;opacity:0;max-height:0;max-width:0" data-skip-in-text="true">%s<div>'
        + " &nbsp;&zwnj;&#847;" * 60 + "</div></div>",
    ),
    "mjml": Layout(
        '<!doctype html><html xmlns:v="urn:schemas-microsoft-com:vml"><head><title></title><style type="text/css">#outlook a { padding:0; } '
        'p { display:block;margin:13px 0; } @media only screen and (min-width:480px) { .mj-column-per-100 { width:100% !important; } }</style></head>'
        '<body style="word-spacing:normal;background-color:#f6f6f6;"><div style="background-color:#f6f6f6;"><!--[if mso | IE]><table align="center" '
        'width="600"><tr><td style="line-height:0px;font-size:0px;"><![endif]--><div style="background:#ffffff;margin:0px auto;max-width:600px;"><table '
        'align="center" style="width:100%;"><tbody><tr><td style="direction:ltr;font-size:0px;padding:20px 0;text-align:center;"><div '
        'class="mj-column-per-100 mj-outlook-group-fix" style="font-size:0px;text-align:left;display:inline-block;width:100%;"><table width="100%"><tbody>',
        "</tbody></table></div></td></tr></tbody></table></div><!--[if mso | IE]></td></tr></table><![endif]--></div></body></html>",
        '<tr><td align="left" style="font-size:0px;padding:10px 25px;"><div style="font-family:Ubuntu;font-size:15px;color:#333333;">%s</div></td></tr>',
        _cell_of_row,
        '<tr><td align="center" style="font-size:0px;padding:10px 25px;"><table><tr><td align="center" bgcolor="#414141" style="border-radius:3px;'
        'background:#414141;"><a href="{url}" style="display:inline-block;background:#414141;color:#ffffff;font-size:13px;">{text}</a></td></tr></table></td></tr>',
        '<tr><td style="font-size:0px;line-height:0px">%s</td></tr>',
        '<tr><td style="font-size:0px;padding:10px 25px;"><div style="font-size:11px;color:#9b9b9b;">%s</div></td></tr>',
        heading='<tr><td style="font-size:0px;padding:10px 25px;"><div style="font-size:22px;font-weight:bold;color:#20292d;">%s</div></td></tr>',
        preheader='<tr><td><div style="display:none;font-size:1px;color:#ffffff;line-height:1px;max-height:0px;opacity:0;overflow:hidden;">%s</div></td></tr>',
    ),
    "woo": Layout(
        '<!DOCTYPE html><html lang="en-US"><head><meta name="viewport"><title>Shop</title></head><body marginwidth="0" style="background-color: #f7f7f7">'
        '<table width="100%" id="outer_wrapper" bgcolor="#f7f7f7"><tr><td></td><td width="600"><div id="wrapper" dir="ltr"><table id="template_container" '
        'bgcolor="#fff" style="background-color: #fff"><tr><td><table id="body_content"><tr><td id="body_content_inner_cell"><div id="body_content_inner" '
        'align="left" style="color: #636363">',
        "</div></td></tr></table></td></tr></table></div></td><td></td></tr></table></body></html>",
        '<p style="margin: 0 0 16px;">%s</p>',
        lambda code: f'<table class="td" border="1"><tbody><tr><td class="td" align="left" style="color: #636363"><strong>{escape(code)}</strong></td></tr></tbody></table>',
        '<p style="margin: 0 0 16px;"><a class="link" href="{url}" style="font-weight: normal;text-decoration: underline;color: #7f54b3">{text}</a></p>',
        '<p style="margin:0;color:#fff">%s</p>',
        '<table id="template_footer"><tr><td id="credit" align="center" style="color: #8a8a8a;font-size: 12px">%s</td></tr></table>',
        heading='<table bgcolor="#7f54b3" style="background-color: #7f54b3;color: #fff"><tr><td><h1 style="color: #fff;background-color: inherit">%s</h1></td></tr></table>',
    ),
}  # fmt: skip


def page(layout: str, lines: Sequence[str]) -> str:
    """HTML of the lines of a corpus entry: "# " heading, "~ " preheader, [code], [button] text | url, [foot], [hidden]."""
    made = LAYOUTS[layout]
    out = [made.head]
    for line in lines:
        tag, _, rest = line.partition(" ")
        if tag == "~":
            out.append(made.preheader % escape(rest))
        elif tag == "#":
            out.append(made.heading % escape(rest))
        elif tag == "[code]":
            out.append(made.code(rest))
        elif tag == "[hidden]":
            out.append(made.hidden % escape(rest))
        elif tag == "[foot]":
            out.append(made.small % escape(rest))
        elif tag == "[button]":
            text, _, url = rest.partition(" | ")
            out.append(made.button.replace("{url}", escape(url)).replace("{text}", escape(text)))
        elif line:
            out.append(made.paragraph % escape(line))
    return "\n".join((*out, made.foot))
