"""The edge's cache on disk: which files hold an object, and how they go before their time."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from appliance.edge.config import SLICE_BYTES


def purge(cache_dir: Path, key: str, size: int) -> int:
    """Remove what the edge cached of one object; how many files that were. Idempotent, needs no word with nginx.

    size: bytes of the largest version that was stored under the key. nginx takes a missing file for a miss.
    What is being fetched from the store at this moment may be cached after; so delete the object first.
    GET and HEAD share their entries. The API's answers for private links are not here: they end by themselves
    within two seconds.
    """
    removed = 0
    for path in cache_files(cache_dir, key, size):
        try:
            path.unlink()
        except FileNotFoundError:
            continue
        removed += 1
    return removed


def cache_files(cache_dir: Path, key: str, size: int) -> Iterator[Path]:
    """Every file that may hold a part of the object, with and without slices, and the answers for its plain links."""
    yield _file(cache_dir / "media", key)
    for start in range(0, max(size, 1), SLICE_BYTES):
        yield _file(cache_dir / "media", f"{key}bytes={start}-{start + SLICE_BYTES - 1}")
    for download in ("", "download"):
        yield _file(cache_dir / "answers", f"{download}::{key}")


def _file(folder: Path, cache_key: str) -> Path:
    # ngx_http_proxy_module, proxy_cache_path levels=1:2: the MD5 of the key, in folders named by its end.
    name = hashlib.md5(cache_key.encode(), usedforsecurity=False).hexdigest()
    return folder / name[-1] / name[-3:-1] / name
