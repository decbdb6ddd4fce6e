"""The technician's app: a shell without anything of anybody, which the device keeps; the work comes by the API."""

import gzip
import json
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from fastapi import APIRouter, HTTPException, Request, Response

from pas.access import may
from pas.headers import CONTENT_POLICY
from pas.web.page import language_of, render
from pas.words import LANGUAGES, Words, catalogue

router = APIRouter(include_in_schema=False)

_STATIC = Path(__file__).parent / "static"
_FOLDER = _STATIC / "tech"
_TEMPLATES = Path(__file__).parent / "templates"
_SPOKEN = ("tech", "grade", "status", "work", "work_priority", "unit", "metric")
"""Beginnings of the keys that the app speaks."""
_PROBLEMS = (
    *("already-registered", "before-registration", "busy", "field-record-exists", "foreign-page"),
    *("impossible-inspection", "impossible-moment", "inspection-exists", "invalid-input", "key-of-another-request"),
    *(
        "no-photo-folder",
        "not-allowed",
        "not-found",
        "not-logged-in",
        "photo-too-large",
        "step-not-allowed",
        "too-large",
    ),
    *("too-many-photos", "too-many-requests", "unexpected", "unknown-asset", "unknown-checklist", "unknown-reference"),
    *("unknown-work", "unknown-field-record", "unreadable-photo", "unreadable-input", "work-step-not-allowed"),
)
"""Codes that a device may be answered with."""
_SCANNER_POLICY = CONTENT_POLICY.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'")
"""Only where labels are read: the reader of codes is WebAssembly."""
_KINDS = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".png": "image/png",
    ".wasm": "application/wasm",
    ".txt": "text/plain",
}
_NO_CACHE = {"Cache-Control": "no-cache"}


def _version() -> str:
    """Name the app as it is by all that it is made of."""
    known = sha256()
    for file in sorted([*_FOLDER.glob("*"), *_TEMPLATES.glob("tech*")]):
        if file.is_file():
            known.update(file.name.encode() + file.read_bytes())
    known.update(_shared("pas.css").encode())
    known.update(json.dumps([_said(language) for language in LANGUAGES]).encode())
    return known.hexdigest()[:12]


@cache
def _shared(name: str) -> str:
    """Give the address of a file of all pages, which changes with the file."""
    return f"/static/{name}?v={sha256((_STATIC / name).read_bytes()).hexdigest()[:10]}"


class File(NamedTuple):
    """A file of the app, as it is and packed."""

    content: bytes
    packed: bytes
    kind: str


@router.get("/tech")
@may()
def shell(request: Request) -> Response:
    """Show the app: nothing of anybody is in it, so it opens without a login, and without a network."""
    return _page(request, "tech.html")


@router.get("/tech/scan")
@may()
def scanner(request: Request) -> Response:
    """Show the scanner, the only page that may run WebAssembly."""
    response = _page(request, "tech_scan.html")
    response.headers["Content-Security-Policy"] = _SCANNER_POLICY
    return response


@router.get("/tech/app/{app_version}/{app_file:path}")
@may()
def file(request: Request, app_version: str, app_file: str) -> Response:
    """Give a file of the app, which never changes under its address; of another version there is none."""
    found = _files().get(app_file) if app_version == VERSION else None
    if found is None:
        raise HTTPException(404)
    packed = "gzip" in request.headers.get("accept-encoding", "") and len(found.packed) < len(found.content)
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    headers |= {"Content-Encoding": "gzip"} if packed else {}
    return Response(found.packed if packed else found.content, media_type=found.kind, headers=headers)


@router.get("/tech/sw.js")
@may()
def service_worker() -> Response:
    """Give the service worker with the list of what it keeps; browsers ask for it anew each time."""
    told = json.dumps({"version": VERSION, "shell": shell_files()})
    script = f"self.PAS = {told};\n{(_FOLDER / 'worker.js').read_text(encoding='utf-8')}"
    headers = _NO_CACHE | {"Service-Worker-Allowed": "/tech"}
    return Response(script, media_type="text/javascript", headers=headers)


@router.get("/tech/manifest.webmanifest")
@may()
def manifest(request: Request) -> Response:
    """Say how the app is put on a home screen."""
    words = Words(language_of(request, None))
    told = {
        "name": f"pas · {words.say('tech.title')}",
        "short_name": "pas",
        "lang": words.language,
        "id": "/tech",
        "start_url": "/tech",
        "scope": "/tech",
        "display": "standalone",
        "background_color": "#f5f4ef",
        "theme_color": "#0f5c55",
        "icons": [
            {"src": f"{FILES}/icon-192.png", "sizes": "192x192", "type": "image/png", "purpose": "any maskable"},
            {"src": f"{FILES}/icon-512.png", "sizes": "512x512", "type": "image/png", "purpose": "any maskable"},
        ],
    }
    return Response(json.dumps(told), media_type="application/manifest+json", headers=_NO_CACHE)


@cache
def _files() -> dict[str, File]:
    """Read the app's files, and pack them once."""
    found = {}
    for path in sorted(_FOLDER.rglob("*")):
        kind = _KINDS.get(path.suffix)
        if path.is_file() and kind:
            content = path.read_bytes()
            found[path.relative_to(_FOLDER).as_posix()] = File(content, gzip.compress(content, mtime=0), kind)
    return found


def shell_files() -> list[str]:
    """List what the app needs to open without a network; the reader of codes is kept once it was wanted."""
    own = sorted(file.name for file in _FOLDER.iterdir() if file.suffix in {".js", ".css"} and file.stem != "worker")
    shared = [_shared("pas.css"), _shared("icon.svg")]
    return ["/tech", "/tech/scan", *shared, *(f"{FILES}/{name}" for name in own)]


def _page(request: Request, template: str) -> Response:
    language = language_of(request, None)
    response = render(request, template, caller=None, files=FILES, said=_said(language), shared=_shared)
    if "gzip" in request.headers.get("accept-encoding", "") and "content-encoding" not in response.headers:
        response.body = gzip.compress(bytes(response.body), mtime=0)
        response.headers["Content-Length"] = str(len(response.body))
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding, Cookie, Accept-Language"
    return response


@cache
def _said(language: str) -> dict[str, Any]:
    """Give what the app says, in one language."""
    wanted = {f"problem.{code}" for code in _PROBLEMS}
    found = {
        key: entry[language] for key, entry in catalogue().items() if key.split(".")[0] in _SPOKEN or key in wanted
    }
    office = ("tech.decision", "tech.unmatched", "tech.which", "tech.match", "tech.accept", "tech.decline", "tech.they")
    return {key: words for key, words in found.items() if not key.startswith(office)}


VERSION = _version()
FILES = f"/tech/app/{VERSION}"
"""Where the app's files lie: another version, another address."""
