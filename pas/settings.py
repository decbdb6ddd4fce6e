"""Every setting, with its default and meaning. Set by environment variables that begin with `PAS_`."""

from functools import cache
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What an operator may choose. Secrets come from the environment or a file, never from a default."""

    model_config = SettingsConfigDict(env_prefix="PAS_", secrets_dir=None, extra="ignore")

    home: Path = Field(default=Path("var"), description="Folder for the embedded database and for files we keep.")
    database_url: SecretStr | None = Field(
        default=None,
        description="SQLAlchemy URL: sqlite:///FILE or postgresql://...; empty means SQLite at HOME/pas.db.",
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
    requests_per_minute: int = Field(default=6000, gt=0, description="Requests allowed per minute and caller.")

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
