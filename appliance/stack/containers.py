"""What the containers of docker-compose.yml find when they start: folders, secrets, settings of store and edge.

One container, the only one that runs as root, does this at each start and ends; all others run under an ordinary
account and take what lies here.
"""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from appliance.config import Settings
from appliance.credentials import keep_private, load_or_create
from appliance.domain.errors import SetupError
from appliance.edge.config import install
from appliance.stack.children import Plan, edge_config, store_environment
from appliance.stack.nginx_binary import Nginx

#: Where the store's container sees the folder of events that were not heard yet.
EVENTS_IN_STORE = Path("/events")
#: Every nginx of a distribution and of its makers has it.
_NGINX = Nginx(Path("nginx"), "", has_slice=True, unused_modules=frozenset())


@dataclass(frozen=True, slots=True)
class Owner:
    """The account of the other containers, as numbers: it need not exist anywhere."""

    uid: int
    gid: int

    @classmethod
    def parse(cls, text: str) -> "Owner":
        """From `UID:GID`. SetupError where it is none, or root's."""
        match = re.fullmatch(r"([1-9]\d{0,8}):([1-9]\d{0,8})", text)
        if match is None:
            raise SetupError(f"PUID and PGID must be numbers of an ordinary account, not {text}.")
        return cls(int(match[1]), int(match[2]))


def prepare_containers(settings: Settings, owner: Owner, host: str) -> None:
    """Make, or bring up to date, what the containers need; what is new belongs to `owner`.

    host: the machine's own address, noted for those who cannot see it. Idempotent; nothing of the store's own files
    is touched. Raises SetupError where a folder cannot be written.
    """
    keep_private()
    events = settings.data_dir / "minio-events"
    imported = settings.data_dir / "import-journal"
    store_settings = settings.data_dir / "run" / "minio" / "minio.env"
    try:
        for folder in (settings.objects_dir, events, imported, settings.edge_cache_dir, settings.encoder_dir):
            folder.mkdir(parents=True, exist_ok=True)
        plan = Plan(settings, load_or_create(settings.data_dir))
        store_settings.parent.mkdir(parents=True, exist_ok=True)
        _write(store_settings, _lines(store_environment(plan, EVENTS_IN_STORE)))
        _write(settings.host_note, [host])
        install(replace(edge_config(plan, _NGINX), bind="0.0.0.0", user=""))  # noqa: S104 - a network of containers
        _hand_over(settings, owner)
    except OSError as error:
        raise SetupError(f"Cannot prepare {error.filename or settings.data_dir}: {error.strerror}.") from None


def _lines(values: dict[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in values.items()]


def _write(path: Path, lines: Iterable[str]) -> None:
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    draft.write_text("\n".join(lines) + "\n")
    draft.replace(path)


def _hand_over(settings: Settings, owner: Owner) -> None:
    """The state as a whole, but of the store, which may hold millions of files, the folder alone."""
    for private in (settings.objects_dir, settings.data_dir):
        os.chown(private, owner.uid, owner.gid)
        private.chmod(0o700)
    for folder, folders, files in os.walk(settings.data_dir):
        if Path(folder) == settings.objects_dir:
            folders.clear()
            continue
        os.chown(folder, owner.uid, owner.gid)
        for name in files:
            os.chown(Path(folder, name), owner.uid, owner.gid, follow_symlinks=False)
