"""A letter tells of alerts in the reader's language, as plain text and as simple HTML, with a link for each answer."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from html import escape
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from pas.words import Words

MOST_THINGS = 20
"""Things that a letter names; of more it gives the number."""
Content = Mapping[str, Any]
_STYLE = "font-family:system-ui,sans-serif;max-width:40em;color:#1a1a1a;line-height:1.5"
_BUTTON = (
    "display:inline-block;padding:.6em 1em;margin:.2em;border:1px solid #1a1a1a;color:#1a1a1a;text-decoration:none"
)


class Part(NamedTuple):
    """A paragraph, or a heading with its lines."""

    heading: str
    lines: Sequence[str]


class Letter(NamedTuple):
    """What is read: the subject, the parts, and the links with their words."""

    subject: str
    parts: Sequence[Part]
    links: Sequence[tuple[str, str]]
    footer: Sequence[tuple[str, str]]


def subject_of(content: Content, words: Words) -> str:
    """Say in one line what it is about."""
    kind, items = content["kind"], content["items"]
    if kind == "flood":
        return words.say("letter.flood_subject", organisation=content["organisation"])
    if kind == "digest":
        return words.say("letter.digest_subject", count=len(items), organisation=content["organisation"])
    first = items[0]
    place = first["place"] if len({item["place"] for item in items}) == 1 else ""
    where = ", ".join(part for part in (place, first["site"]) if part) or first["serial"]
    what = first["product"] if len({item["product"] for item in items}) == 1 else words.say("letter.things")
    matter = words.word("alert", first["kind"])
    return words.say("letter.subject", matter=matter, count=len(items), what=what, where=where)


def letter(content: Content, words: Words, *, links: Mapping[str, str], pages: Mapping[str, str]) -> Letter:
    """Write a letter: `links` are addresses by answer, `pages` where alerts and wishes are seen."""
    parts = [Part("", [words.say("letter.greeting", name=content["name"])])]
    if content["kind"] == "flood":
        parts.append(Part("", [words.say("letter.flood", most=content["most"], days=content["days"])]))
    elif content["kind"] == "digest":
        parts += [_group(items, words) for items in _grouped(content["items"])]
    else:
        parts += _told(content["items"], words)
    asked = [(words.word("said", said), address) for said, address in links.items()]
    footer = [(words.say(f"letter.{name}"), address) for name, address in pages.items()]
    return Letter(subject_of(content, words), parts, asked, footer)


def _grouped(items: Iterable[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Put together what has one cause."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for item in items:
        groups.setdefault(item["cause"], []).append(item)
    return list(groups.values())


def _group(items: Sequence[Mapping[str, Any]], words: Words) -> Part:
    first = items[0]
    act = words.say(
        "letter.act",
        action=words.word("action", first["action"]),
        owner=words.word("responder", first["owner"]),
        due=words.day(first["due_on"]),
    )
    return Part(subject_of({"kind": "alert", "items": items}, words), [*_things(items, words), act])


def _told(items: Sequence[Mapping[str, Any]], words: Words) -> list[Part]:
    first = items[0]
    since = min((item["began_at"] or item["raised_at"] for item in items), default="")
    parts = [
        Part(words.say("letter.what"), [words.say("letter.since", since=words.day(since)), *_things(items, words)]),
        *_left(items, words),
        Part(
            words.say("letter.do"),
            [
                words.say(
                    "letter.act",
                    action=words.word("action", first["action"]),
                    owner=words.word("responder", first["owner"]),
                    due=words.day(min(item["due_on"] for item in items)),
                ),
                *([first["response"]] if first["response"] else []),
            ],
        ),
        Part(words.say("letter.ignored"), list(_ignored(items, words))),
    ]
    return [part for part in parts if part.lines]


def _things(items: Sequence[Mapping[str, Any]], words: Words) -> list[str]:
    """Name each thing with the evidence; costs are told once, further down."""
    lines = []
    for item in items[:MOST_THINGS]:
        why = [words.reason(reason) for reason in item["reasons"] if ".cost_" not in reason["code"]]
        where = f" ({item['place']})" if item["place"] else ""
        lines.append(f"{item['serial']}{where}: {'; '.join(why)}")
    if len(items) > MOST_THINGS:
        lines.append(words.say("letter.more", count=len(items) - MOST_THINGS))
    return lines


def _left(items: Sequence[Mapping[str, Any]], words: Words) -> list[Part]:
    """Say how long the first to go may last."""
    known = [item["days"] for item in items if item["days"][1] is not None]
    if not known or items[0]["kind"] == "environment":
        return []
    low, middle, high = min(known, key=lambda days: days[1])
    line = words.say("letter.left", p10=low, p50=middle, p90=high)
    return [Part(words.say("letter.left_heading"), [line])]


def _ignored(items: Sequence[Mapping[str, Any]], words: Words) -> Iterable[str]:
    """Say what comes of it if nobody acts, and what that costs where a figure can be vouched for."""
    first = items[0]
    yield first["consequence"] or words.say(f"consequence.{first['kind']}")
    costs = [
        Decimal(item["cost"]) for item in items if item["cost"] is not None and item["currency"] == first["currency"]
    ]
    if costs:
        yield words.say(f"letter.cost_{first['kind']}", amount=str(sum(costs)), currency=first["currency"])


def as_text(letter: Letter) -> str:
    """Give the letter as plain text."""
    blocks = ["\n".join([*([part.heading] if part.heading else []), *_bulleted(part)]) for part in letter.parts]
    blocks += [
        "\n".join(f"{word}: {address}" for word, address in some) for some in (letter.links, letter.footer) if some
    ]
    return "\n\n".join(blocks) + "\n"


def _bulleted(part: Part) -> list[str]:
    return [f"- {line}" for line in part.lines] if part.heading else list(part.lines)


def as_html(letter: Letter, language: str) -> str:
    """Give the letter as a page that needs nothing from anywhere."""
    body = []
    for part in letter.parts:
        if part.heading:
            lines = "".join(f"<li>{escape(line)}</li>" for line in part.lines)
            body.append(f"<h2 style='font-size:1.1em'>{escape(part.heading)}</h2><ul>{lines}</ul>")
        else:
            body += [f"<p>{escape(line)}</p>" for line in part.lines]
    asked = "".join(f"<a style='{_BUTTON}' href='{escape(to)}'>{escape(word)}</a>" for word, to in letter.links)
    footer = " · ".join(f"<a href='{escape(to)}'>{escape(word)}</a>" for word, to in letter.footer)
    return (
        f"<!doctype html><html lang='{language}'><head><meta charset='utf-8'><title>{escape(letter.subject)}</title>"
        f"</head><body style='{_STYLE}'>{''.join(body)}<p>{asked}</p>"
        f"<p style='font-size:.85em'>{footer}</p></body></html>"
    )


class Envelope(NamedTuple):
    """Around the letter: its stable id, when it was written, from whom, to whom, and where one asks for no more."""

    id: UUID
    at: Any
    sender: str
    reader: str
    home: str
    no_more: str


def as_mail(letter: Letter, language: str, envelope: Envelope) -> EmailMessage:
    """Give the letter as mail: the same letter has the same Message-ID however often it is sent."""
    mail = EmailMessage()
    mail["From"] = envelope.sender
    mail["To"] = envelope.reader
    mail["Subject"] = " ".join(letter.subject.split())
    mail["Date"] = format_datetime(envelope.at)
    mail["Message-ID"] = f"<{envelope.id}@{urlsplit(envelope.home).hostname or parseaddr(envelope.sender)[1]}>"
    mail["Auto-Submitted"] = "auto-generated"
    if envelope.no_more:
        mail["List-Unsubscribe"] = f"<{envelope.no_more}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(as_text(letter))
    mail.add_alternative(as_html(letter, language), subtype="html")
    mail["Content-Language"] = language
    mail.set_boundary(f"=_{envelope.id.hex}")
    return mail
