"""The secrets of one appliance, made at its first start and kept in the data folder, mode 0600."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from appliance.domain.errors import SetupError


@dataclass(frozen=True, slots=True)
class Secrets:
    """s3_*: the store's root credentials. edge_secret: what the edge shows the bucket (as Referer) and the API.

    intake_token: what the store's webhooks carry. cursor_key: hex, signs cursors.
    """

    s3_access_key: str
    s3_secret_key: str
    edge_secret: str
    intake_token: str
    cursor_key: str


def keep_private() -> None:
    """From now on, what this process and its children write is for their own account alone: files, logs, the store."""
    os.umask(0o077)


def load_or_create(data_dir: Path) -> Secrets:
    """The secrets in `data_dir/secrets.json`; made there where the file is not. Safe for several starters at once."""
    path = data_dir / "secrets.json"
    fresh = Secrets(
        s3_access_key="media-" + secrets.token_hex(8),
        s3_secret_key=secrets.token_urlsafe(30),
        edge_secret=secrets.token_urlsafe(30),
        intake_token=secrets.token_urlsafe(30),
        cursor_key=secrets.token_hex(32),
    )
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        create_private(path, json.dumps(asdict(fresh), indent=1))
    except FileExistsError:
        pass
    except OSError as error:
        raise SetupError(f"Cannot write to the data folder {data_dir}: {error.strerror}.") from None
    try:
        return Secrets(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise SetupError(f"Cannot read {path}: {error}.") from None


def create_private(path: Path, text: str) -> None:
    """Write a new file of mode 0600 in one step; FileExistsError where it is there already."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    finally:
        draft.unlink()
