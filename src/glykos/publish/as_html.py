"""A report as HTML: the one renderer for pages of the server and for files.

:func:`fragment` is embedded by the server's page, :func:`page` is a file that opens offline.
Everything is escaped here; there is no style, script or handler inside the HTML, so it works
under the strictest content security policy. Looks are in ``static/glykos/report.css``, the
read-out under the pointer in ``static/glykos/report.js``; both only add to what is here.
"""

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files

import msgspec

from glykos.charts._theme import css as charts_css
from glykos.metrics import METRICS
from glykos.publish._layout import Footnotes, document_period, person_text, provenance, with_levels
from glykos.reports._blocks import (
    Block,
    Cell,
    Column,
    Document,
    Figure,
    Heading,
    Note,
    PageBreak,
    Stat,
    Stats,
    Table,
)
from glykos.reports._format import NONE

#: Up to this many days have their own colour, so that CSS alone can show and hide them.
_DAYS_WITH_COLOUR = 7
#: More columns get smaller type; longer heads of rows get room on a phone.
_MANY_COLUMNS, _LONG_HEAD = 9, 12
_NOTE_WORDS = {"info": "Note", "warning": "Attention", "missing": "Not shown"}
_MARKS = {"low": ("▼", "low"), "high": ("▲", "high"), "note": ("✱", "see note")}


def fragment(document: Document, *, uid: str = "d") -> str:
    """All blocks and the provenance of a document, without its title, as safe HTML.

    Args:
        document: what to show.
        uid: prefix of every id inside; letters, digits and dashes, unique on the page.
    """
    return _report(document, uid, is_live=True)


def page(document: Document) -> bytes:
    """A whole HTML file: style embedded, no script, nothing fetched from anywhere."""
    style = style_sheet()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    who = person_text(document.person)
    period = document_period(document)
    body = _report(document, "d", is_live=False)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        f"style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">'
        f"<title>{escape(document.title)}, {escape(period)}</title><style>{style}</style></head>"
        '<body class="report-file"><main><header class="r-head">'
        f"<h1>{escape(document.title)}</h1><p>{_joined(escape(period), escape(who))}</p></header>"
        f"{body}</main></body></html>\n"
    ).encode()


# --- blocks ----------------------------------------------------------------------------------


def _report(document: Document, uid: str, *, is_live: bool) -> str:
    """``is_live``: with the data that the script of a page reads."""
    parts = []
    for number, (level, block) in enumerate(with_levels(document)):
        place = _Place(f"{uid}-{number}", f"h{level + 1}", is_live)
        parts.append(_block(block, place, level))
    return f'<div class="report">{"".join(parts)}{_provenance(document)}</div>'


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a block stands: prefix of its ids, element of its title, with data or not."""

    uid: str
    title: str
    is_live: bool


def _block(block: Block, place: _Place, level: int) -> str:
    match block:
        case Heading():
            return f"<h{level}>{escape(block.text)}</h{level}>"
        case Stats():
            return _stats(block, place)
        case Table():
            return _table(block, place.uid)
        case Figure():
            return _figure(block, place)
        case Note():
            word = _NOTE_WORDS[block.kind]
            return (
                f'<p class="r-note r-note-{block.kind}"><strong>{word}:</strong>'
                f" {escape(block.text)}</p>"
            )
        case PageBreak():
            return '<div class="r-break"></div>'


def _provenance(document: Document) -> str:
    rows = "".join(
        f"<div><dt>{escape(label)}</dt><dd>{escape(text)}</dd></div>"
        for label, text in provenance(document)
    )
    return (
        f'<footer class="r-made"><dl>{rows}</dl><p>Not a medical device; no advice on'
        " treatment. Talk about changes with your care team.</p></footer>"
    )


# --- statistics ------------------------------------------------------------------------------


def _stats(block: Stats, place: _Place) -> str:
    title = named = ""
    if block.title:
        title = f'<{place.title} id="{place.uid}-t">{escape(block.title)}</{place.title}>'
        named = f' aria-labelledby="{place.uid}-t"'
    head = ""
    if block.previous_label and block.style == "list":
        head = (
            '<div class="r-stat-head" aria-hidden="true"><span></span><span>These days</span>'
            f"<span>{escape(block.previous_label)}</span><span>Difference</span></div>"
        )
    compared = " r-compared" if head else ""
    items = "".join(_stat(stat, block) for stat in block.items)
    return (
        f'<section class="r-stats r-{block.style}{compared}"{named}>{title}{head}'
        f"<dl>{items}</dl></section>"
    )


def _stat(stat: Stat, block: Stats) -> str:
    unit = f' <span class="r-unit">{escape(stat.unit)}</span>' if stat.unit else ""
    number = f'<span class="r-value">{escape(stat.text)}</span>{unit if not stat.reason else ""}'
    why = f'<span class="r-why">{escape(stat.reason)}</span>' if stat.reason else ""
    return (
        f'<div class="r-stat" data-key="{escape(stat.key)}"><dt>{escape(stat.label)}</dt>'
        f"<dd>{number}{why}</dd>{_before(stat, block)}{_card(stat)}</div>"
    )


def _before(stat: Stat, block: Stats) -> str:
    """The same number in the period before, and the difference."""
    if not block.previous_label:
        return ""
    label = escape(block.previous_label)
    previous, difference = escape(stat.previous or NONE), escape(stat.difference or NONE)
    return (
        f'<dd class="r-before"><span class="r-hint">{label}: </span>{previous}</dd>'
        f'<dd class="r-change"><span class="r-hint">Difference: </span>{difference}</dd>'
    )


@cache
def _definition(key: str) -> str:
    """What a metric's card says, whatever the person; "" for an unknown key."""
    metric = next((metric for metric in METRICS if metric.key == key), None)
    if metric is None:
        return ""
    lines = (
        ("Needs", metric.least_data),
        ("Source", metric.source),
        ("Name in files", f"{metric.key}, version {metric.version}"),
    )
    rows = "".join(f"<li><b>{label}:</b> {escape(text)}</li>" for label, text in lines if text)
    return f"<p>{escape(metric.definition)}</p><ul>{rows}"


def _card(stat: Stat) -> str:
    definition = _definition(stat.metric) if stat.metric else ""
    if not definition:
        return ""
    behind = f"<li><b>Computed from:</b> n = {stat.n:,}</li>" if stat.n is not None else ""
    return (
        '<dd class="r-card"><details><summary><span class="r-hint">How is this computed: '
        f"{escape(stat.label)}</span></summary>{definition}{behind}</ul></details></dd>"
    )


# --- tables ----------------------------------------------------------------------------------


def _table(table: Table, uid: str, *, title: bool = True) -> str:
    notes = Footnotes.of(table)
    head = "".join(
        f'<th scope="col" class="r-{column.align}">{_column(column)}</th>'
        for column in table.columns
    )
    rows = "".join(f"<tr>{_row(table, row, notes)}</tr>" for row in table.rows)
    caption = escape(table.title)
    hidden = "" if title else ' class="r-hint"'
    reasons = "".join(
        f"<li><sup>{notes.mark(reason)}</sup> {escape(reason)}</li>" for reason in notes.reasons
    )
    below = f"<p>{escape(table.note)}</p>" if table.note else ""
    below += f"<ul>{reasons}</ul>" if reasons else ""
    below = below and f'<div class="r-below">{below}</div>'
    return (
        f'<div class="r-table"><div class="r-scroll" role="region" tabindex="0"'
        f' aria-labelledby="{uid}-c"><table{_size(table)}><caption id="{uid}-c"{hidden}>{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        f"{below}</div>"
    )


def _size(table: Table) -> str:
    """Classes for a table with many columns, and for one with long row heads."""
    has_long_heads = any(row and len(row[0].text) > _LONG_HEAD for row in table.rows)
    names = ["r-many"] * (len(table.columns) > _MANY_COLUMNS) + ["r-long"] * has_long_heads
    return f' class="{" ".join(names)}"' if names else ""


def _column(column: Column) -> str:
    unit = f' <span class="r-unit">{escape(column.unit)}</span>' if column.unit else ""
    return escape(column.label) + unit


def _row(table: Table, row: tuple[Cell, ...], notes: Footnotes) -> str:
    cells = []
    for index, (column, cell) in enumerate(zip(table.columns, row, strict=True)):
        inside = escape(cell.text)
        if cell.reason:
            inside += f"<sup>{notes.mark(cell.reason)}</sup>"
        if cell.mark:
            sign, word = _MARKS[cell.mark]
            inside += (
                f' <span class="r-mark r-{cell.mark}" aria-hidden="true">{sign}</span>'
                f'<span class="r-hint"> {word}</span>'
            )
        tag, scope = ("th", ' scope="row"') if index == 0 else ("td", "")
        cells.append(f'<{tag}{scope} class="r-{column.align}">{inside}</{tag}>')
    return "".join(cells)


# --- figures ---------------------------------------------------------------------------------


def _figure(figure: Figure, place: _Place) -> str:
    uid, title = place.uid, f"<{place.title}>{escape(figure.title)}</{place.title}>"
    data = figure.chart.data()
    table = ""
    if figure.table is not None:
        table = (
            '<details><summary>Show as table<span class="r-hint">: '
            f"{escape(figure.title)}</span></summary>{_table(figure.table, f'{uid}-d', title=False)}"
            "</details>"
        )
    wide = figure.chart.svg(skin="web", size="wide", uid=f"{uid}-w")
    compact = figure.chart.svg(skin="web", size="compact", uid=f"{uid}-n")
    live = _chart_data(data) if place.is_live else ""
    return (
        f'<figure class="r-figure" id="{uid}"><figcaption>{title}'
        f"<p>{escape(figure.finding)}</p></figcaption>{_days(data, uid)}"
        f'<div class="r-plot"><div class="r-wide">{wide}</div>'
        f'<div class="r-narrow">{compact}</div></div>{live}{table}</figure>'
    )


def _days(data: dict[str, object], uid: str) -> str:
    """Check boxes that show and hide the days of an overlay; CSS does it while colours suffice."""
    days = data.get("days")
    if not isinstance(days, list) or len(days) < 2:
        return ""
    plain = len(days) <= _DAYS_WITH_COLOUR
    boxes = "".join(
        f'<label><input type="checkbox" checked data-day="{escape(str(day["day"]))}"'
        f'{_colour(day) if plain else ""} data-weekend="{int(bool(day["weekend"]))}"'
        ' autocomplete="off"><svg viewBox="0 0 24 4" aria-hidden="true">'
        f'<path class="g-day-{day["n"]:d}" d="M1 2H23"/></svg>{escape(str(day["label"]))}</label>'
        for day in days
    )
    choices = "".join(
        f'<button type="button" data-choose="{key}">{text}</button>'
        for key, text in (("all", "All"), ("0", "Weekdays"), ("1", "Weekend"))
    )
    hidden = "" if plain else " hidden"
    return (
        f'<fieldset class="r-days"{hidden}><legend id="{uid}-l">Days</legend>{boxes}'
        f'<span class="r-choose" hidden>{choices}</span></fieldset>'
    )


def _colour(day: dict[str, object]) -> str:
    return f' data-n="{day["n"]}"'


def _chart_data(data: dict[str, object]) -> str:
    """What ``report.js`` reads; as data it is not stopped by a content security policy."""
    if not data:
        return ""
    text = msgspec.json.encode(data).decode()
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return f'<script type="application/json" class="chart-data">{text}</script>'


# --- the standalone file ---------------------------------------------------------------------


@cache
def style_sheet() -> str:
    """Everything a report needs to look right: the charts' palette and ``report.css``."""
    own = files("glykos.publish") / "static" / "glykos" / "report.css"
    text = charts_css() + own.read_text(encoding="utf-8")
    if "</" in text:
        raise ValueError("style sheets must not hold an end tag")
    return text


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)
