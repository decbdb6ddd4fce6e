"""Tell people of alerts, tenant by tenant: raise what sensors say, write the messages and digests, and send them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial

from lifecycle.raise_sensor_alerts import raise_sensor_alerts
from pas.address_alerts import address_alerts, is_ready
from pas.db import Database
from pas.mail_gateway import SmtpMail, mail_server
from pas.send_messages import Post, Sent, send_messages
from pas.settings import Settings
from pas.webhook_gateway import call_webhook
from pas.write_digests import any_digest_due, write_digests


@contextmanager
def post_office(settings: Settings) -> Iterator[Post]:
    """Open the ways by which messages go, as the settings name them. Raises UnusableMailServer."""
    call = partial(call_webhook, inside=settings.webhooks_inside)
    home, server = settings.public_url.rstrip("/"), mail_server(settings)
    if server is None:
        yield Post(None, call, settings.mail_from, home)
        return
    with SmtpMail(server) as mail:
        yield Post(mail, call, settings.mail_from, home)


def tell_alerts(database: Database, tenant_id: int, *, post: Post, now: Callable[[], datetime]) -> Sent:
    """Write and send what is due for a tenant; what is being assessed still may be told a little later."""
    with database.reading(tenant_id) as session:
        ready = is_ready(session, now=now())
    if ready:
        with database.writing(tenant_id) as session:
            address_alerts(session, mails=post.mail is not None, now=now())
    return _send_all(database, tenant_id, post, now)


def tell_digests(database: Database, tenant_id: int, *, mails: bool, now: datetime) -> int:
    """Write the digests of a tenant that are due; nobody who writes waits where none is."""
    with database.reading(tenant_id) as session:
        if not any_digest_due(session, now=now):
            return 0
    with database.writing(tenant_id) as session:
        return write_digests(session, mails=mails, now=now)


def hear_sensors(database: Database, tenant_id: int, *, now: datetime) -> int:
    """Raise and clear alerts about what measures; give how many changed."""
    with database.writing(tenant_id) as session:
        news = raise_sensor_alerts(session, now=now)
    return news.raised + news.cleared


def _send_all(database: Database, tenant_id: int, post: Post, now: Callable[[], datetime]) -> Sent:
    total = Sent()
    while any(some := send_messages(database, tenant_id, post=post, now=now)):
        total = Sent(*(a + b for a, b in zip(total, some, strict=True)))
    return total
