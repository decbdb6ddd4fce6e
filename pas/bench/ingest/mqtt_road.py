"""Readings by MQTT: devices publish with QoS 1 to Debian's mosquitto, and our gateway stores what it hands on."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from time import monotonic, sleep, time

from sqlmodel import func, select

from pas import clock
from pas.bench.ingest.bodies import Form
from pas.bench.ingest.measured import Measured, NotTakenIn, Road, delivered, different
from pas.bench.ingest.ours import Ours, compact_all, devices_of
from pas.bench.ingest.send import HEAD
from pas.bench.ingest.stream import Batch
from pas.bench.ingest.streams import OwnStream
from pas.bench.process import cpu_seconds, free_port, listening, running_with
from pas.bench.service import SLUG
from telemetry.tables import ReadingBatchRecord

_BROKER = Path("/usr/sbin/mosquitto")
_WITHIN = 600.0
_PROBES_EVERY = 0.2
_SETTINGS = """
listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {folder}/
autosave_on_changes true
autosave_interval 1
max_queued_messages 0
max_queued_bytes 0
max_inflight_messages 1000
"""


def broker() -> str:
    """Give the broker's program, empty where it is not installed."""
    return shutil.which("mosquitto") or (str(_BROKER) if _BROKER.exists() else "")


def at_hand() -> bool:
    """Say whether the broker is installed."""
    return bool(broker())


@contextmanager
def mqtt(store: Ours, name: str, folder: Path, stream: OwnStream, form: Form) -> Iterator[Road]:
    """Start the broker, saving as we recommend, and our gateway behind it."""
    home, port = folder / f"mosquitto-{stream.number}", free_port()
    home.mkdir()
    settings = home / "mosquitto.conf"
    user = "user root\n" if os.geteuid() == 0 else ""
    settings.write_text(_SETTINGS.format(port=port, folder=home) + user)
    gateway = {
        "PAS_DATABASE_URL": store.database.url,
        "PAS_MQTT_URL": f"mqtt://127.0.0.1:{port}",
        "PAS_MQTT_CLIENT_ID": f"gateway-{stream.number}",
    }
    ours = (sys.executable, "-m", "pas.cli", "mqtt")
    with (
        running_with((broker(), "-c", str(settings)), {}) as broker_pid,
        listening(port),
        running_with(ours, gateway) as pid,
    ):
        names = [device.name for device in devices_of(store, stream)]
        topics = [f"pas/{SLUG}/{device}/readings/json" for device in names]
        _probed(store, port, topics[0], stream)
        pids = (broker_pid, pid, *store.pids[1:])

        def measure(turn: int) -> Measured:
            batches = stream(turn)
            before, cpu = _taken(store), sum(map(cpu_seconds, pids))
            began = _published(port, topics, batches, form)
            _wait_for(store, before + different(batches), name)
            seconds, spent = time() - began, sum(map(cpu_seconds, pids)) - cpu
            rolled_up = time()
            compact_all(store.database, store.tenant_id)
            return Measured(delivered(batches), seconds, spent, time() - rolled_up)

        says = f"{store.says}; {form.name} of {stream.size:,} by MQTT, QoS 1, until the last is committed"
        yield Road(name, says, measure, bytes_a_reading=store.bytes_a_reading)


def _published(port: int, topics: Sequence[str], batches: Sequence[Batch], form: Form) -> float:
    """Publish a stream, every body made beforehand; give when it began."""
    with NamedTemporaryFile(prefix="pas-bench-") as file:
        for batch in batches:
            body = form.write(batch)
            file.write(HEAD.pack(batch.sender, len(body)) + body)
        file.flush()
        command = (sys.executable, "-m", "pas.bench.ingest.publish", str(port), file.name, *topics)
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=_WITHIN)  # noqa: S603 - our own
        return float(json.loads(done.stdout)["began"])


def _probed(store: Ours, port: int, topic: str, stream: OwnStream) -> None:
    """Send a reading again and again until the gateway has subscribed and stored it."""
    before, deadline = _taken(store), monotonic() + _WITHIN
    at = clock.now().isoformat()
    reading = {"asset": str(stream.assets[0]), "metric": "co2", "at": at, "value": 400}
    body = json.dumps({"readings": [reading]}).encode()
    while _taken(store) == before and monotonic() < deadline:
        with NamedTemporaryFile(prefix="pas-bench-") as file:
            file.write(HEAD.pack(0, len(body)) + body)
            file.flush()
            command = (sys.executable, "-m", "pas.bench.ingest.publish", str(port), file.name, topic)
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=_WITHIN)  # noqa: S603 - our own
        sleep(_PROBES_EVERY)


def _wait_for(store: Ours, taken: int, name: str) -> None:
    deadline = monotonic() + _WITHIN
    while (found := _taken(store)) < taken:
        if monotonic() > deadline:
            msg = f"{name}: {found} readings were stored and {taken} should have been"
            raise NotTakenIn(msg)
        sleep(0.005)


def _taken(store: Ours) -> int:
    with store.database.reading(store.tenant_id) as session:
        return session.exec(select(func.sum(ReadingBatchRecord.taken))).one() or 0
