"""Every setting, with its default and meaning. Set by environment variables that begin with `PAS_`."""

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What an operator may choose. Secrets come from the environment or a file, never from a default."""

    model_config = SettingsConfigDict(env_prefix="PAS_", secrets_dir=None, extra="ignore")

    home: Path = Field(default=Path("var"), description="Folder for the embedded database and for files we keep.")
    database_url: SecretStr | None = Field(
        default=None,
        description="SQLAlchemy URL: sqlite:///FILE or postgresql://...; empty means SQLite at HOME/pas.db.",
    )
    archive_after_months: int = Field(
        default=0,
        ge=0,
        le=1200,
        description="Months that ended so long ago move their readings to Parquet files in HOME/archive; 0 is never.",
    )
    tenant: str | None = Field(
        default=None, description="Slug of the tenant the commands work for; needed where there are several."
    )
    host: str = Field(default="127.0.0.1", description="Address that `pas serve` listens on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port that `pas serve` listens on.")
    public_url: str = Field(
        default="http://127.0.0.1:8000", description="How browsers and QR labels reach us; https outside this machine."
    )
    max_upload_bytes: int = Field(default=64 * 1024 * 1024, gt=0, description="Largest body that is accepted.")
    session_idle_minutes: int = Field(default=30, gt=0, description="A login unused for so long ends.")
    session_hours: int = Field(default=10, gt=0, le=12, description="A login ends after so long, used or not.")
    logins_per_minute: int = Field(default=10, gt=0, description="Login tries allowed per minute and address.")
    reports_per_minute: int = Field(
        default=6, gt=0, description="Reports by the QR code on things allowed per minute and address."
    )
    requests_per_minute: int = Field(default=6000, gt=0, description="Requests allowed per minute and caller.")
    mqtt_url: str | None = Field(
        default=None, description="Broker that `pas mqtt` listens to: mqtts://HOST:PORT, on this machine also mqtt://."
    )
    mqtt_user: str | None = Field(default=None, description="Name under which `pas mqtt` comes to the broker.")
    mqtt_password: SecretStr | None = Field(default=None, description="Password of that name.")
    mqtt_client_id: str = Field(
        default="pas",
        min_length=1,
        max_length=60,
        pattern=r"^[A-Za-z0-9_-]+$",
        description="Client id under which the broker keeps our messages; one `pas mqtt` at a time may use it.",
    )
    mqtt_version: Literal["5", "3.1.1"] = Field(default="5", description="Version of MQTT that is spoken: 5 or 3.1.1.")
    mqtt_ca_file: Path | None = Field(default=None, description="Certificate of the authority of the broker's own.")
    mqtt_session_days: int = Field(
        default=7, gt=0, le=365, description="So long an MQTT 5 broker keeps our messages while we are away."
    )

    smtp_url: SecretStr | None = Field(
        default=None,
        description="Mail server: smtp://USER:PASSWORD@HOST:587 (STARTTLS) or smtps://; without one no mail is sent.",
    )
    mail_from: str = Field(default="pas <alerts@localhost>", max_length=300, description="Sender of the mail we send.")
    webhooks_inside: bool = Field(
        default=False, description="Let webhooks go to addresses of this network and without https; for trials only."
    )
    peppol_rules: Path | None = Field(
        default=None,
        description="Folder of PEPPOL-EN16931-UBL.sch, to judge invoices by; without it a package stands in.",
    )

    einvoice_folder: Path | None = Field(
        default=None, description="Folder into which `pas send` lays each issued e-invoice, for the access point."
    )
    stripe_key: SecretStr | None = Field(
        default=None, description="Secret key of our account at Stripe; without one nothing is collected through it."
    )
    stripe_webhook_secret: SecretStr | None = Field(
        default=None,
        description="Secret by which Stripe signs what it tells at /api/v1/stripe/events; without it nothing is heard.",
    )
    stripe_url: str = Field(default="", max_length=300, description="Stands in for api.stripe.com; for tests only.")
    stripe_tenant: str | None = Field(
        default=None, description="Slug of the tenant whose account at Stripe that is; needed where there are several."
    )

    @field_validator("archive_after_months", mode="before")
    @classmethod
    def _empty_is_never(cls, given: object) -> object:
        return 0 if given == "" else given

    @property
    def archive(self) -> Path:
        """Give the folder of the readings of cold months."""
        return self.home / "archive"

    @property
    def photos(self) -> Path:
        """Give the folder of photos."""
        return self.home / "photos"

    @property
    def url(self) -> str:
        """Give the database URL in SQLAlchemy's form, with psycopg 3 as the PostgreSQL driver."""
        if self.database_url is None or not self.database_url.get_secret_value():
            return f"sqlite:///{self.home / 'pas.db'}"
        given = self.database_url.get_secret_value()
        scheme, _, rest = given.partition("://")
        return f"postgresql+psycopg://{rest}" if scheme in {"postgres", "postgresql"} else given


@cache
def settings() -> Settings:
    """Read the settings once per process."""
    return Settings()
