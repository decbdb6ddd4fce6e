"""The laundry of the MQTT tests, for those that kill a broker."""

from tests.mqtt.conftest import broker, laundry, nats

__all__ = ["broker", "laundry", "nats"]
