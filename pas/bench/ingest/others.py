"""Baselines that are time-series servers from Debian, where installed: InfluxDB and VictoriaMetrics."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

from pas.bench.ingest.bodies import Form
from pas.bench.ingest.measured import Measured, Road, different
from pas.bench.ingest.post import Door, post
from pas.bench.ingest.streams import OwnStream
from pas.bench.process import free_port, running, size_of

INFLUXDB, VICTORIA = "InfluxDB", "VictoriaMetrics"

_INFLUXDB_SETTINGS = """
reporting-disabled = true
bind-address = "127.0.0.1:{spare}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  series-id-set-cache-size = 100
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
[monitor]
  store-enabled = false
"""


def named(server: str, form: Form, size: int) -> str:
    """Name the road of a form, in deliveries of some size, into one of the servers."""
    return f"{form.name} of {size:,} -> {server}"


def influxdb_at_hand() -> bool:
    """Say whether InfluxDB is installed."""
    return shutil.which("influxd") is not None


def victoria_at_hand() -> bool:
    """Say whether VictoriaMetrics is installed."""
    return shutil.which("victoria-metrics") is not None


@contextmanager
def influxdb(folder: Path, stream: OwnStream, form: Form) -> Iterator[Road]:
    """Start InfluxDB with its usual settings, which sync its log before it answers."""
    home, port = folder / f"influxdb-{stream.number}", free_port()
    home.mkdir()
    settings = home / "influxdb.conf"
    settings.write_text(_INFLUXDB_SETTINGS.format(folder=home, port=port, spare=free_port()))
    with running((shutil.which("influxd") or "", "-config", str(settings)), port=port, path="/ping") as pid:
        make = Request(f"http://127.0.0.1:{port}/query", data=b"q=CREATE+DATABASE+bench", method="POST")
        urlopen(make, timeout=60).close()  # noqa: S310 - a program of this machine
        door = Door(port, "/write?db=bench", _nothing, [pid])
        says = "Debian's InfluxDB 1, settings as they come: synced before it answers; checks no unit and no limit"
        yield _road(named(INFLUXDB, form, stream.size), says, door, home, stream, form)


@contextmanager
def victoria_metrics(folder: Path, stream: OwnStream, form: Form) -> Iterator[Road]:
    """Start VictoriaMetrics with its usual settings: it answers before anything is on the disk."""
    home, port = folder / f"victoria-{stream.number}", free_port()
    command = (
        shutil.which("victoria-metrics") or "",
        f"-storageDataPath={home}",
        f"-httpListenAddr=127.0.0.1:{port}",
        "-retentionPeriod=100y",
        "-influxSkipSingleField",
    )
    with running(command, port=port, path="/health") as pid:
        door = Door(port, "/write", _nothing, [pid])
        says = "Debian's VictoriaMetrics: NOT durable when it answers, and duplicates stay"
        yield _road(named(VICTORIA, form, stream.size), says, door, home, stream, form)


def _nothing(_sender: int) -> dict[str, str]:
    return {}


def _road(name: str, says: str, door: Door, home: Path, stream: OwnStream, form: Form) -> Road:
    kept = [0]

    def measure(turn: int) -> Measured:
        batches = stream(turn)
        kept[0] += different(batches)
        return post(door, batches, form, connections=stream.plan.senders).measured

    return Road(name, says, measure, bytes_a_reading=lambda: size_of(home) / kept[0])
