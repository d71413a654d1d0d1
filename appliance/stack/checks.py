"""What must be so before anything is started; each failure is one sentence that says what to do."""

import contextlib
import errno
import random
import shutil
import socket

from appliance.config import Settings
from appliance.domain.errors import SetupError

#: Less than this and not even the databases can be opened safely.
_LEAST_FREE_BYTES = 100 * 10**6


def check_machine(settings: Settings) -> None:
    """Raise SetupError where the data folder, the disk or a port cannot be used."""
    _check_data_dir(settings)
    _check_ports(settings)


def _check_data_dir(settings: Settings) -> None:
    folder = settings.data_dir
    probe = folder / ".writable"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"x" * 4096)
        probe.unlink()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise SetupError(_full(settings, 0)) from None
        raise SetupError(
            f"Cannot write to the data folder {folder}: {error.strerror}; change its owner or set MEDIA_DATA_DIR."
        ) from None
    if free < _LEAST_FREE_BYTES:
        raise SetupError(_full(settings, free))


def _full(settings: Settings, free: int) -> str:
    return (
        f"The disk of the data folder {settings.data_dir} is full ({free // 10**6} MB left); "
        "free some space or set MEDIA_DATA_DIR."
    )


def _check_ports(settings: Settings) -> None:
    ports = {"MEDIA_API_PORT": settings.api_port, "MEDIA_CDN_PORT": settings.cdn_port}
    if runs_own_store(settings):
        ports["MEDIA_S3_PORT"] = settings.s3_port
    wanted = [(settings.bind, port, setting) for setting, port in ports.items()]
    internal = {"MEDIA_INTAKE_PORT": settings.intake_port, "MEDIA_IMAGE_PORT": settings.image_port}
    wanted += [(settings.intake_bind, port, setting) for setting, port in internal.items() if port]
    # All at once, so that two settings of one port are noticed as well.
    with contextlib.ExitStack() as held:
        for address, port, setting in wanted:
            held.enter_context(_bound(address, port, setting))


def _bound(address: str, port: int, setting: str) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    # As servers do: a port whose connections have just ended is free.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
        listener.listen(1)
    except OSError as error:
        listener.close()
        raise SetupError(_port_problem(address, port, setting, error)) from None
    return listener


def _port_problem(address: str, port: int, setting: str, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} ({setting}) is in use on {address}; stop what listens there or set {setting} to another."
    if error.errno == errno.EACCES:
        return f"Port {port} ({setting}) is for root alone; set {setting} to one above 1023."
    return f"Cannot listen on {address}:{port} ({setting}): {error.strerror}; set MEDIA_BIND to one of its addresses."


def free_intake_port(address: str, *, but: int = 0) -> int:
    """A port for an internal listener that nobody has; below those that the system gives to outgoing connections.

    but: one that is spoken for. Taken at random: two appliances that start at once do not choose the same.
    """
    for port in random.sample(range(18_080, 32_000), 100):
        if port == but:
            continue
        try:
            _bound(address, port, "MEDIA_INTAKE_PORT").close()
        except SetupError:
            continue
        return port
    raise SetupError("No free port for the event intake; set MEDIA_INTAKE_PORT.")


def runs_own_store(settings: Settings) -> bool:
    """Whether the stack brings its own MinIO, which it does unless another store was named."""
    return settings.store == "minio" and not settings.s3_url
