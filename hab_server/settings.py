"""Every setting of the server: typed, described, read from the environment once and passed on."""

from __future__ import annotations

import tempfile
from hashlib import sha256
from pathlib import Path

from platformdirs import user_data_path
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

_LONGEST_SOCKET_PATH = 100
"""Linux refuses unix socket paths of 108 bytes and more."""


def default_home() -> Path:
    """Returns the platform's folder for user data + ``hab``."""
    return user_data_path("hab", appauthor=False)


class Settings(BaseSettings):
    """Settings of the API, the workers and the supervisor; variable names are the field names in capitals."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    hab_home: Path = Field(default_factory=default_home, description="SQLite, Valkey, dataset files and models")

    database_url: SecretStr | None = Field(
        None, description="`postgresql+psycopg://…` in production; SQLite in `HAB_HOME` where unset"
    )
    database_pool_size: int = Field(10, ge=1, le=200, description="connections to the database per process")

    redis_url: SecretStr | None = Field(None, description="Redis 7+; HAB's own Valkey in `HAB_HOME` where unset")

    cache_ttl: int = Field(3600, ge=0, description="seconds that answers stay in the cache; 0 keeps none")

    backend_host: str = Field("127.0.0.1", description="address the API listens on")
    backend_port: int = Field(8000, ge=0, le=65535, description="port the API listens on")
    ui_port: int = Field(8501, ge=0, le=65535, description="port the user interface listens on")
    ui_url: str = Field("http://localhost:8501", description="address of the user interface in share links")

    dataset_store_url: str | None = Field(
        None,
        description="folder or, with the extra `s3`, `s3://bucket/prefix` of dataset files; in `HAB_HOME` if unset",
    )
    max_upload_mb: int = Field(50, ge=1, le=1024, description="largest file that may be uploaded, MB")
    queue_limit: int = Field(100, ge=1, description="jobs that may wait before new ones are refused with 429")
    share_ttl_days: int = Field(7, ge=1, le=3650, description="days that a share link works")

    anthropic_base_url: str | None = Field(
        None, description="address of the Messages API that answers chat; Anthropic's own where unset"
    )
    anthropic_model: str = Field("claude-sonnet-5-5", min_length=1, description="Claude model that answers chat")
    chat_timeout: float = Field(60.0, gt=0, le=600, description="seconds that one chat answer may take")

    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="least level logged")

    @property
    def database_dsn(self) -> str:
        """The database's address for SQLAlchemy; it may hold a password: never log it."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.hab_home / 'hab.db'}"

    @property
    def uses_sqlite(self) -> bool:
        """Whether the store is a SQLite file."""
        return self.database_dsn.startswith("sqlite")

    @property
    def redis_dsn(self) -> str:
        """The queue's address for redis-py; it may hold a password: never log it."""
        if self.redis_url is not None:
            return self.redis_url.get_secret_value()
        return f"unix://{self.valkey_socket}"

    @property
    def embeds_valkey(self) -> bool:
        """Whether HAB runs its own Valkey."""
        return self.redis_url is None

    @property
    def valkey_socket(self) -> Path:
        """The unix socket of HAB's own Valkey; in the temporary folder where the path of ``HAB_HOME`` is too long."""
        socket = self.hab_home / "valkey.sock"
        if len(str(socket).encode()) <= _LONGEST_SOCKET_PATH:
            return socket
        name = sha256(str(self.hab_home).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"hab-{name}.sock"

    @property
    def datasets_url(self) -> str:
        """Where the files of datasets are kept: a folder, or the URL of an object store."""
        return self.dataset_store_url or str(self.hab_home / "datasets")

    @property
    def uploads_folder(self) -> Path:
        """Where uploads lie, nameless, while they are received."""
        return self.hab_home / "uploads"

    @property
    def models_folder(self) -> Path:
        """Where registered models live."""
        return self.hab_home / "models"
