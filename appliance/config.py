"""Settings: the only reader of the environment.

Sources, first wins: `MEDIA_*` environment variables, the TOML file named by `MEDIA_CONFIG`
(default `$MEDIA_DATA_DIR/media.toml`), the defaults below.
"""

import difflib
import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from appliance.domain.errors import SetupError

Port = Annotated[int, Field(ge=1, le=65535)]
Names = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """Frozen. Every field is the setting `MEDIA_<FIELD>`; descriptions are what the docs print."""

    model_config = SettingsConfigDict(env_prefix="MEDIA_", frozen=True, extra="forbid")

    data_dir: Path = Field(Path("data"), description="everything that must be kept")
    bind: str = Field("127.0.0.1", description="address to listen on; 0.0.0.0 for the LAN")
    api_port: Port = Field(8080, description="port of the HTTP API")
    cdn_port: Port = Field(8088, description="port of the CDN edge")
    s3_port: Port = Field(9000, description="port of the object store")
    intake_port: int = Field(
        0, ge=0, le=65535, description="port of the event intake; 0 picks a free one at each start"
    )
    intake_bind: str = Field(
        "127.0.0.1", description="address of the event intake; only the store and the edge call it"
    )
    intake_host: str = Field(
        "", description="host by which store and edge reach the intake; default the address it listens on"
    )
    host: str = Field("", description="host in links where no request gives one; default the machine's own address")
    name: str = Field("media", description="the appliance's name on the network")
    hosts: Names = Field((), description="further host names by which clients may call, comma-separated")
    api_url: str = Field("", description="fixed base URL of the API; default follows the caller")
    cdn_url: str = Field("", description="fixed base URL of links; default follows the caller")
    s3_public_url: str = Field("", description="fixed base URL of presigned URLs; default follows the caller")
    s3_url: str = Field("", description="base URL at which the appliance itself reaches the store")
    edge_url: str = Field("", description="base URL at which the appliance itself reaches the edge")
    s3_bucket: str = Field("media", description="bucket of originals and renditions")
    s3_region: str = Field("us-east-1", description="region in signatures")
    s3_access_key: str = Field("", description="the store's access key; default made at the first start")
    s3_secret_key: str = Field("", description="the store's secret key; default made at the first start")
    cors_origins: Names = Field(("*",), description="origins that may upload and read by browser, comma-separated")
    embed_origins: Names = Field((), description="origins that may frame the player, comma-separated")
    store: Literal["minio", "s3", "gcs", "cloudinary"] = Field("minio", description="kind of object store")
    database_url: str = Field("", description="catalog; default SQLite in the data folder")
    bus_url: str = Field("", description="event bus; default tables in the catalog")
    storage_dir: str = Field(
        "", description="folder on the store's disk, whose free room is watched; default `objects` in the data folder"
    )
    minio_binary: str = Field("", description="a MinIO to run; default found on PATH, in the cache, or built once")
    nginx_binary: str = Field("", description="an nginx to run; default found on PATH, else the packaged one")
    api_threads: int = Field(64, ge=4, le=1024, description="threads of the API; long polls hold at most half")
    intake_threads: int = Field(16, ge=2, le=256, description="threads of the event intake and the edge's questions")
    image_port: int = Field(
        0, ge=0, le=65535, description="port on which the edge asks for pictures; 0 picks a free one at each start"
    )
    image_threads: int = Field(2, ge=1, le=64, description="pictures that are transformed at one time")
    strict_images: bool = Field(False, description="transform pictures only as named or as signed by POST …/image")
    ffmpeg_binary: str = Field("", description="an ffmpeg to run; default the packaged one, else found on PATH")
    work_dir: str = Field("", description="folder for temporary files of encoders; default `work` in the data folder")
    transcode_threads: int = Field(
        0, ge=0, le=64, description="films encoded at one time; 0 for one per two cores and 2 GiB of memory"
    )
    max_duration: float = Field(0, ge=0, description="longest film that is encoded, in seconds; 0 for no limit")
    direct_play_bitrate: int = Field(
        8_000_000, ge=0, description="bit/s up to which browsers get an original that they can play"
    )
    metadata_threads: int = Field(4, ge=1, le=64, description="worker threads of the metadata service")
    rate_limit: str = Field("6000/minute", description="requests a key may make, per API process; empty for no limit")
    quota_bytes: int = Field(0, ge=0, description="bytes a new tenant may store; 0 for no limit")
    quota_files: int = Field(0, ge=0, description="files a new tenant may store; 0 for no limit")
    reconcile_seconds: int = Field(600, ge=1, description="seconds between two comparisons of bucket and catalog")
    min_free_bytes: int = Field(1 << 30, ge=0, description="free disk under which new uploads are refused")
    warn_free_percent: float = Field(10, ge=0, le=100, description="share of free disk under which people are told")
    notify_urls: str = Field("", description="who is told of trouble: URLs of Apprise, separated by blanks")
    command_prefix: str = Field("", description="what is typed before `media-appliance`; shown in instructions")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="least level that is logged")
    log_format: Literal["json", "text"] = Field("json", description="lines of the log: json for programs, or text")

    @field_validator("hosts", "cors_origins", "embed_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("api_url", "cdn_url", "s3_public_url", "s3_url", "edge_url")
    @classmethod
    def _base(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, config_file())

    @property
    def catalog_url(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'catalog.db'}"

    @property
    def objects_dir(self) -> Path:
        return Path(self.storage_dir).expanduser().absolute() if self.storage_dir else self.data_dir / "objects"

    @property
    def encoder_dir(self) -> Path:
        return Path(self.work_dir).expanduser().absolute() if self.work_dir else self.data_dir / "work"

    @property
    def edge_cache_dir(self) -> Path:
        return self.data_dir / "edge-cache"

    @property
    def host_note(self) -> Path:
        """Where the address of the machine is noted for those who run in its containers."""
        return self.data_dir / "run" / "host"

    @property
    def store_url(self) -> str:
        return self.s3_url or f"http://127.0.0.1:{self.s3_port}"


def config_file() -> Path:
    """The TOML file of settings: MEDIA_CONFIG, else `media.toml` in the data folder, which need not exist."""
    data_dir = os.environ.get("MEDIA_DATA_DIR", "data")
    return Path(os.environ.get("MEDIA_CONFIG") or Path(data_dir, "media.toml")).expanduser()


def load_settings(**overrides: object) -> Settings:
    """Read the settings once; SetupError names the setting, or the file, that is wrong."""
    for name in sorted(os.environ):
        known = name.removeprefix("MEDIA_").lower() in Settings.model_fields or name == "MEDIA_CONFIG"
        if name.startswith("MEDIA_") and not known:
            raise SetupError(f"{name}: {_no_such_setting(name)}")
    file = config_file()
    if os.environ.get("MEDIA_CONFIG") and not file.is_file():
        raise SetupError(f"MEDIA_CONFIG: there is no file {file}.")
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        raise SetupError(_sentence(error, file)) from None
    except (OSError, ValueError) as error:
        raise SetupError(f"Cannot read the settings in {file}: {error}.") from None


def _sentence(error: ValidationError, file: Path) -> str:
    first = error.errors()[0]
    name = str(first["loc"][0])
    if first["type"] == "extra_forbidden":
        return f"{name} in {file}: {_no_such_setting(name)}"
    return f"MEDIA_{name.upper()}: {first['msg']}."


def _no_such_setting(name: str) -> str:
    similar = difflib.get_close_matches(name.removeprefix("MEDIA_").lower(), Settings.model_fields, n=1)
    return f"no such setting; {f'is MEDIA_{similar[0].upper()} meant?' if similar else 'the README lists them.'}"
