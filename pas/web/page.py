"""How every page is made: in the reader's language, kept by nobody, and with errors in words."""

import gzip
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.staticfiles import StaticFiles

from pas.caller import Caller
from pas.cost_reasons import reasons_for
from pas.words import LANGUAGES, Words

_HERE = Path(__file__).parent
_LANGUAGE_COOKIE = "lang"
_A_YEAR = 365 * 24 * 3600
LONGEST_WAY_BACK = 500
"""Characters of an address to which the login leads back; from a longer one it leads to the first page."""


class Static(StaticFiles):
    """Files that never change under their address, for the address carries a part of their hash."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """Let browsers keep the file."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = f"public, max-age={_A_YEAR}, immutable"
        return response


def static_files() -> Static:
    """Give the application that serves the style sheet and the icon."""
    return Static(directory=_HERE / "static")


def render(request: Request, template: str, *, caller: Caller | None, status: int = 200, **context: Any) -> Response:
    """Fill a template in the reader's language; nobody but the reader's browser may keep the page, and not for long."""
    language = language_of(request, caller)
    words = Words(language)
    html = (
        _templates()
        .get_template(template)
        .render(
            w=words,
            _=words.say,
            caller=caller,
            role=caller and caller.role,
            switches=_switches(request),
            here=request.url.path,
            **context,
        )
    )
    headers = {"Cache-Control": "private, no-store", "Content-Language": language}
    response = HTMLResponse(_packed(request, html, headers), status_code=status, headers=headers)
    if request.query_params.get("lang") in LANGUAGES:
        secure = request.url.scheme == "https"
        response.set_cookie(_LANGUAGE_COOKIE, language, _A_YEAR, httponly=True, samesite="lax", secure=secure)
    return response


def _packed(request: Request, html: str, headers: dict[str, str]) -> bytes:
    """Pack a page for a browser that unpacks it: to a fifth. No page holds a secret beside what others made it say."""
    headers["Vary"] = "Accept-Encoding, Cookie"
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return html.encode()
    headers["Content-Encoding"] = "gzip"
    return gzip.compress(html.encode(), compresslevel=5, mtime=0)


def language_of(request: Request, caller: Caller | None) -> str:
    """Choose the language: the one just asked for, the one chosen before, the person's own, the browser's, English."""
    accepted = [
        part.split(";")[0].strip()[:2].lower() for part in request.headers.get("accept-language", "").split(",")
    ]
    chosen = (request.query_params.get("lang"), request.cookies.get(_LANGUAGE_COOKIE), caller and caller.language)
    return next((language for language in (*chosen, *accepted) if language in LANGUAGES), "en")


def to_login(request: Request) -> Response:
    """Send the reader to the login, and back here after it."""
    query = f"?{request.url.query}" if request.url.query else ""
    after = quote(request.url.path + query) if request.method == "GET" and request.url.path != "/" else ""
    leads_back = 0 < len(after) <= LONGEST_WAY_BACK
    return RedirectResponse(f"/login?next={after}" if leads_back else "/login", status_code=303)


def failed(request: Request, status: int, code: str) -> Response:
    """Show a page that says what went wrong and what to do now."""
    return render(request, "failed.html", caller=None, status=status, status_code=status, code=code)


def _switches(request: Request) -> dict[str, str]:
    """Give the address of this very page in each language."""
    kept = [(key, value) for key, value in request.query_params.multi_items() if key != "lang"]
    return {language: "?" + urlencode([*kept, ("lang", language)]) for language in LANGUAGES}


@cache
def static_address(name: str) -> str:
    """Give the address of a file of ours; it changes with the file, so that browsers may keep what lies under it."""
    return f"/static/{name}?v={sha256((_HERE / 'static' / name).read_bytes()).hexdigest()[:10]}"


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["static"] = static_address
    environment.globals["languages"] = LANGUAGES
    environment.globals["reasons_for"] = reasons_for
    return environment
