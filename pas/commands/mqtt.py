"""`pas mqtt`: take readings in from an MQTT broker, and tell the broker which devices may connect."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import SplitResult, urlsplit

import typer

from pas.commands.serve import UnsafeSetting, is_this_machine
from pas.terminal import AsJson, InvalidValue, err, print_json, print_table, refuses

if TYPE_CHECKING:
    from pas.settings import Settings
    from telemetry.mqtt_gateway import Broker

app = typer.Typer(
    invoke_without_command=True, help="Take readings in from an MQTT broker; without a further word until stopped."
)
_SCHEMES = {"mqtt": 1883, "mqtts": 8883}


@app.callback()
@refuses
def mqtt(context: typer.Context) -> None:
    """Take readings in from the broker at PAS_MQTT_URL, MQTT and Sparkplug B, until stopped."""
    if context.invoked_subcommand is not None:
        return
    import signal
    from threading import Event

    from pas import clock
    from pas.commands.frame import opened
    from pas.listen_to_broker import listen_to_broker
    from pas.settings import settings
    from pas.sparkplug_host import host_of
    from telemetry.mqtt_gateway import MqttGateway
    from telemetry.mqtt_topic import TOPICS

    broker = broker_of(settings())
    stop = Event()
    for named in (signal.SIGTERM, signal.SIGINT):
        signal.signal(named, lambda *_: stop.set())
    with opened() as database:
        err.print(f"listening to {broker.host}:{broker.port} as {broker.client_id} (stop with Ctrl+C)", highlight=False)
        will = host_of(broker.client_id, clock.now())
        listen_to_broker(database, MqttGateway(broker, topics=TOPICS, now=clock.now, will=will), stop)


@app.command("accounts")
@refuses
def accounts(
    folder: Annotated[Path, typer.Argument(help="Folder of the broker's files.", exists=True, file_okay=False)],
    *,
    nats: Annotated[bool, typer.Option("--nats", help="For NATS (users.conf); else for mosquitto.")] = False,
    reload: Annotated[int | None, typer.Option("--reload", min=2, help="Process to tell SIGHUP afterwards.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write who may connect to the broker: every device by its secrets, each only below its own topics."""
    import os
    import signal

    from pas import broker_files
    from pas.commands.frame import opened
    from pas.settings import settings

    own = settings().mqtt_user, settings().mqtt_password
    with opened() as database:
        found = broker_files.accounts(database)
    if own[0] and own[1]:
        found.append(broker_files.own_account(own[0], own[1].get_secret_value()))
    write = broker_files.write_nats if nats else broker_files.write_mosquitto
    files = write(folder, found)
    if reload is not None:
        os.kill(reload, signal.SIGHUP)
    names = [str(file) for file in files]
    told = {"accounts": len(found), "files": names}
    if as_json:
        print_json(told)
    else:
        print_table("who may connect", [{"accounts": len(found), "files": ", ".join(names)}])


def broker_of(chosen: "Settings") -> "Broker":
    """Read from the settings where the broker is.

    Raises InvalidValue and UnsafeSetting.
    """
    from telemetry.mqtt_gateway import Broker

    url = _url(chosen.mqtt_url)
    host, encrypted = url.hostname or "", url.scheme == "mqtts"
    if not encrypted and not is_this_machine(host):
        sentence = (
            f"PAS_MQTT_URL is {chosen.mqtt_url}: over a network readings and passwords need mqtts://; "
            "give the broker a certificate, and name its authority in PAS_MQTT_CA_FILE where it is your own"
        )
        raise UnsafeSetting(sentence, field="mqtt_url")
    if chosen.mqtt_ca_file is not None and not chosen.mqtt_ca_file.is_file():
        raise InvalidValue(
            f"PAS_MQTT_CA_FILE names {chosen.mqtt_ca_file}, and there is no such file", field="mqtt_ca_file"
        )
    return Broker(
        host=host,
        port=url.port or _SCHEMES[url.scheme],
        client_id=chosen.mqtt_client_id,
        version=chosen.mqtt_version,
        user=chosen.mqtt_user,
        password=chosen.mqtt_password.get_secret_value() if chosen.mqtt_password else None,
        encrypted=encrypted,
        ca_file=str(chosen.mqtt_ca_file) if chosen.mqtt_ca_file else None,
        session_seconds=chosen.mqtt_session_days * 24 * 3600,
    )


def _url(written: str | None) -> SplitResult:
    wanted = "set PAS_MQTT_URL to the broker's address, such as mqtts://broker.example:8883"
    if not written:
        raise InvalidValue(f"there is no broker to listen to; {wanted}", field="mqtt_url")
    try:
        url = urlsplit(written)
        sound = url.scheme in _SCHEMES and bool(url.hostname) and url.port != 0
    except ValueError:
        sound = False
    if not sound or url.username or url.password or url.path.strip("/"):
        sentence = f"PAS_MQTT_URL is no plain address; {wanted}, with PAS_MQTT_USER and PAS_MQTT_PASSWORD beside it"
        raise InvalidValue(sentence, field="mqtt_url")
    return url
