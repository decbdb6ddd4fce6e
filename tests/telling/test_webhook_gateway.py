"""Programs are called as Standard Webhooks says, and never inside our own network."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest

from pas.mail_gateway import UnusableMailServer, mail_server
from pas.settings import Settings
from pas.webhook_gateway import Call, UnsafeAddress, call_webhook, check_address, new_webhook_secret, signature
from tests.telling.conftest import Program

AT = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


def test_the_signature_is_that_of_the_standard() -> None:
    """Checked by hand: HMAC-SHA256 under the decoded secret over `id.second.body`, in base64 after `v1,`."""
    key = base64.b64decode("C2FVsBQIhrscChlQIMV+b5sSYspob7oD")
    expected = hmac.new(key, b'msg_1.1674087231.{"type":"example.event"}', hashlib.sha256).digest()

    signed = signature(SECRET, "msg_1", 1674087231, b'{"type":"example.event"}')

    assert signed == "v1," + base64.b64encode(expected).decode()
    assert len(base64.b64decode(new_webhook_secret(b"x" * 24).removeprefix("whsec_"))) == 24


def test_a_call_carries_its_id_its_second_and_its_signature(program: Program) -> None:
    called = call_webhook(Call(f"{program.url}/hook?x=1", SECRET, "msg_7", AT, b"{}"), inside=True)

    assert (called.taken, called.answer) == (True, "HTTP 204")
    ((headers, body),) = program.sent
    second = int(AT.timestamp())
    assert (headers["webhook-id"], headers["webhook-timestamp"], body) == ("msg_7", str(second), b"{}")
    assert headers["webhook-signature"] == signature(SECRET, "msg_7", second, b"{}")


def test_a_redirect_is_not_followed(program: Program) -> None:
    called = call_webhook(Call(f"{program.url}/elsewhere", SECRET, "msg_7", AT, b"{}"), inside=True)

    assert (called.taken, called.answer) == (False, "HTTP 302")


@pytest.mark.parametrize(
    "url",
    [
        "http://hook.example/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[fd00::1]/",
        "https://user:word@hook.example/",
        "https://hook.example:99999/",
        "https://[/",
        "file:///etc/passwd",
        "https://",
        "nonsense",
    ],
)
def test_what_is_not_public_is_refused(url: str) -> None:
    with pytest.raises(UnsafeAddress):
        check_address(url, inside=False)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.8", "192.168.1.1", "::1", "fe80::1", "100.64.0.1", "0.0.0.0"])  # noqa: S104
def test_a_public_name_that_leads_inside_is_not_called(address: str) -> None:
    call = Call("https://hook.example/", SECRET, "msg_7", AT, b"{}")

    called = call_webhook(call, resolve=lambda _host, _port: [address])

    assert not called.taken
    assert called.answer.startswith("not called")


def test_a_program_that_is_away_is_no_fault_of_ours() -> None:
    called = call_webhook(Call("http://127.0.0.1:1/", SECRET, "msg_7", AT, b"{}"), inside=True)

    assert not called.taken
    assert "ConnectionRefusedError" in called.answer


@pytest.mark.parametrize("url", ["mail.example", "http://mail.example", "smtp://", "smtp://mail.example:x"])
def test_a_wrong_mail_server_is_refused_by_name(url: str) -> None:
    with pytest.raises(UnusableMailServer):
        mail_server(Settings(smtp_url=url))


def test_a_mail_server_is_read_without_showing_its_password() -> None:
    server = mail_server(Settings(smtp_url="smtps://a%40b:s%2Fcret@mail.example"))

    assert server is not None
    assert (server.host, server.port, server.tls, server.user, server.password) == (
        "mail.example",
        465,
        True,
        "a@b",
        "s/cret",
    )
    assert "cret" not in repr(server)
    assert mail_server(Settings(smtp_url=None)) is None
