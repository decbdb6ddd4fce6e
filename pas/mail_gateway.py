"""Mail goes out by SMTP, over a connection that is held as long as there is something to send."""

import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from ipaddress import ip_address
from types import TracebackType
from typing import NamedTuple, Protocol, Self
from urllib.parse import unquote, urlsplit

from pas.settings import Settings
from telemetry.refusal import Refusal

_PATIENCE = 20.0
_PORTS = {"smtp": 587, "smtps": 465}
_FOR_EVER = range(500, 600)
"""SMTP answers that another try will not change."""


class UnusableMailServer(Refusal):
    """PAS_SMTP_URL is no address of a mail server."""


class Posted(NamedTuple):
    """What the mail server answered, and whether another try could help where it did not take the message."""

    taken: bool
    answer: str
    again: bool = False


class Mail(Protocol):
    """Whatever takes letters."""

    def post(self, letter: EmailMessage) -> Posted:
        """Hand one letter over."""
        ...


class MailServer(NamedTuple):
    """Where mail is handed over, and as whom; the password is shown nowhere."""

    host: str
    port: int
    tls: bool
    user: str
    password: str
    sender: str

    def __repr__(self) -> str:
        """Show no password."""
        return f"MailServer({self.host}:{self.port})"


def mail_server(settings: Settings) -> MailServer | None:
    """Read the settings; None where no mail server is named, and then nothing is sent.

    Raises UnusableMailServer.
    """
    given = settings.smtp_url.get_secret_value() if settings.smtp_url else ""
    if not given:
        return None
    parts = urlsplit(given)
    try:
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        port = 0
    if parts.scheme not in _PORTS or not parts.hostname or not port:
        raise UnusableMailServer(
            "PAS_SMTP_URL must read smtp://USER:PASSWORD@HOST:PORT, or smtps:// for TLS from the start",
            field="smtp_url",
        )
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return MailServer(parts.hostname, port, parts.scheme == "smtps", user, password, settings.mail_from)


class SmtpMail:
    """A mail server, spoken to over one connection; plain text only to this very machine."""

    def __init__(self, server: MailServer) -> None:
        """Connect when the first letter goes."""
        self._server = server
        self._open: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        """Use it as a block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Say goodbye."""
        self._close()

    def post(self, letter: EmailMessage) -> Posted:
        """Hand one letter over; a server that does not answer may be asked again."""
        try:
            return self._post(letter)
        except smtplib.SMTPRecipientsRefused as refused:
            code, said = next(iter(refused.recipients.values()))
            return Posted(taken=False, answer=_answer(code, said), again=code not in _FOR_EVER)
        except smtplib.SMTPResponseException as refused:
            answer = _answer(refused.smtp_code, refused.smtp_error)
            login = isinstance(refused, smtplib.SMTPAuthenticationError)
            return Posted(taken=False, answer=answer, again=login or refused.smtp_code not in _FOR_EVER)
        except (OSError, smtplib.SMTPException) as error:
            self._close()
            return Posted(taken=False, answer=f"{type(error).__name__}: {error}"[:300], again=True)

    def _post(self, letter: EmailMessage) -> Posted:
        smtp = self._connected()
        sender, reader = parseaddr(self._server.sender)[1], str(letter["To"].addresses[0].addr_spec)
        smtp.ehlo_or_helo_if_needed()
        code, said = smtp.mail(sender)
        if code != 250:  # noqa: PLR2004 - SMTP's yes
            raise smtplib.SMTPSenderRefused(code, said, sender)
        code, said = smtp.rcpt(reader)
        if code not in {250, 251}:
            smtp.rset()
            raise smtplib.SMTPRecipientsRefused({reader: (code, said)})
        code, said = smtp.data(letter.as_bytes(policy=SMTP))
        if code != 250:  # noqa: PLR2004 - as above
            raise smtplib.SMTPDataError(code, said)
        return Posted(taken=True, answer=_answer(code, said))

    def _connected(self) -> smtplib.SMTP:
        if self._open is not None:
            return self._open
        server, safe = self._server, ssl.create_default_context()
        if server.tls:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=_PATIENCE, context=safe)
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=_PATIENCE)
            if not _is_this_machine(server.host):
                smtp.starttls(context=safe)
        if server.user:
            smtp.login(server.user, server.password)
        self._open = smtp
        return smtp

    def _close(self) -> None:
        if self._open is not None:
            try:
                self._open.quit()
            except (OSError, smtplib.SMTPException):
                self._open.close()
            self._open = None


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _answer(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {text}"[:300]
