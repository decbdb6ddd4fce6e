"""Take the README's pictures anew, from the small demo fleet: `.venv/bin/python docs/screenshots/make.py`."""
# ruff: noqa: INP001 S603 S310 - a script beside pictures, which starts our own command and asks only itself

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
PORT = 8799
ADDRESS = f"http://127.0.0.1:{PORT}"
PAS = (sys.executable, "-m", "pas.cli")
LARGEST = 200_000
"""Bytes that a picture may have."""


def main() -> None:
    """Load the demo into a folder that is thrown away, serve it, and photograph it in light and dark."""
    with tempfile.TemporaryDirectory() as home:
        here = {**os.environ, "PAS_HOME": home}
        here.pop("PAS_DATABASE_URL", None)
        loaded = subprocess.run(
            [*PAS, "demo", "--small", "--no-serve", "--json"], env=here, capture_output=True, check=True
        )
        logins = json.loads(loaded.stdout)["logins"]
        server = subprocess.Popen([*PAS, "serve", "--port", str(PORT)], env=here)
        try:
            _wait()
            _photograph(next(login for login in logins if login["role"] == "administrator"))
        finally:
            server.terminate()
            server.wait()


def _wait() -> None:
    for _ in range(300):
        try:
            urlopen(f"{ADDRESS}/api/v1/health").close()
        except URLError:
            time.sleep(0.1)
        else:
            return


def _photograph(login: dict[str, str]) -> None:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            page = chromium.new_page(
                base_url=ADDRESS, locale="en-GB", viewport={"width": 1280, "height": 1000}, color_scheme=scheme
            )
            page.goto("/login")
            page.get_by_label("E-mail").fill(login["email"])
            page.get_by_label("Password").fill(login["password"])
            page.get_by_role("button", name="Log in").click()
            page.get_by_role("heading", name="Overview").wait_for()
            _save(page.screenshot(), f"overview-{scheme}.png")
            page.locator(".alerts a").first.click()
            page.get_by_role("heading", name="Condition").wait_for()
            page.set_viewport_size({"width": 1280, "height": 780})
            _save(page.screenshot(), f"asset-{scheme}.png")
        chromium.close()


def _save(picture: bytes, name: str) -> None:
    if len(picture) > LARGEST:
        sys.exit(f"{name} would have {len(picture)} bytes, more than {LARGEST}")
    (HERE / name).write_bytes(picture)


if __name__ == "__main__":
    main()
