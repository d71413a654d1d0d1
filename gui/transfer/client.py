"""The appliance as a client sees it: ask for an upload, send the bytes straight to storage, read the record."""

import hashlib
import json
import os
import ssl
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from gui.transfer.errors import NotConfigured, Refused, SourceChanged, TransferError, Unreachable
from gui.transfer.sending import ATTEMPTS, send_range, with_retries

PARTS_AT_A_TIME = 4
#: Up to here hashing is quick, the store checks the bytes against the hash, and a repeat finds the file it repeats.
HASHED_BYTES = 64 * 1024 * 1024
_URLS_PER_CALL = 100
_URL_TRIES = 3
_FINAL = frozenset({"ready", "errored", "cancelled", "timed_out", "trashed", "deleted"})


@dataclass(frozen=True, slots=True)
class Credentials:
    """Where the appliance is, and an API key for it."""

    api_url: str
    api_key: str

    @classmethod
    def find(cls, api_url: str = "", api_key: str = "") -> "Credentials":
        """What is given, completed from the credentials file of an appliance on this machine.

        The file is `$MEDIA_DATA_DIR/credentials.json`, by default in `./data`. NotConfigured where a piece is missing
        or the address is no URL.
        """
        path = Path(os.environ.get("MEDIA_DATA_DIR", "data"), "credentials.json")
        if not (api_url and api_key):
            try:
                known = json.loads(path.read_text())
                # A key belongs to one appliance: never send the local one elsewhere.
                api_key = api_key or ("" if api_url and api_url.rstrip("/") != known["apiUrl"] else known["apiKey"])
                api_url = api_url or known["apiUrl"]
            except FileNotFoundError:
                pass
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise NotConfigured(f"Cannot use {path}: {error}.") from None
        if not (api_url and api_key):
            missing = "address" if not api_url else "key"
            raise NotConfigured(f"No {missing} of the appliance: no usable {path}; give both --api-url and --key.")
        if not api_url.startswith(("http://", "https://")):
            raise NotConfigured(f"The appliance's address must begin with http:// or https://, unlike {api_url}.")
        return cls(api_url.rstrip("/"), api_key)


@dataclass(frozen=True, slots=True)
class Uploaded:
    """One file that storage has. video_url: the permanent link, of every kind of file.

    duplicate: the appliance had the same bytes under that name and folder already, and nothing was sent.
    """

    file_id: str
    video_url: str
    page: str
    duplicate: bool


class ApplianceClient:
    """Safe to use from several threads. A context manager; `close` ends its connections."""

    def __init__(self, credentials: Credentials, *, timeout_s: float = 60.0, tls: ssl.SSLContext | None = None) -> None:
        """tls: how servers prove who they are (`trust.context_for`); None: as this system has it."""
        limits = httpx.Limits(max_connections=64, max_keepalive_connections=16)
        verify = tls or True
        self._api = httpx.Client(
            base_url=credentials.api_url,
            headers={"Authorization": f"Bearer {credentials.api_key}"},
            timeout=timeout_s,
            limits=limits,
            verify=verify,
        )
        self._storage = httpx.Client(timeout=timeout_s, limits=limits, verify=verify)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._api.close()
        self._storage.close()

    def upload(
        self,
        source: Path,
        *,
        folder: str = "",
        tags: Sequence[str] = (),
        private: bool = False,
        progress: Callable[[int], None] = lambda count: None,
    ) -> Uploaded:
        """Send one file; returns once storage has it and the appliance knows.

        progress: told how many further bytes were sent; negative where a try failed and begins anew.
        What was begun and fails is cancelled, so that it takes no quota. Raises TransferError.
        """
        try:
            size = source.stat().st_size
        except OSError as error:
            raise SourceChanged(f"{source} cannot be read: {error.strerror}.") from error
        if source.is_dir():
            raise SourceChanged(f"{source} is a folder; name the files in it.")
        # A name need not be UTF-8 on this disk; it must be in JSON.
        name = os.fsencode(source.name).decode(errors="replace")
        wanted: dict[str, Any] = {"name": name, "size": size, "path": folder, "tags": list(tags)}
        if private:
            wanted["visibility"] = "private"
        if size < HASHED_BYTES:
            wanted["sha256"] = _sha256(source)
        answer = self.call("POST", "/upload", wanted, headers={"Idempotency-Key": str(uuid.uuid4())})
        result = Uploaded(answer["fileId"], answer["videoUrl"], answer["page"], bool(answer.get("duplicate")))
        if not result.duplicate:
            try:
                self._send(result.file_id, answer["upload"], source, size, progress)
            except BaseException:
                self._cancel(result.file_id)
                raise
        return result

    def get(self, file_id: str) -> dict[str, Any]:
        """The file's record, as `GET /get/{fileId}` answers it."""
        return self.call("GET", f"/get/{file_id}")

    def wait_until_final(self, file_id: str, *, timeout_s: float = 3600.0) -> dict[str, Any]:
        """The record once nothing more will happen to it by itself; Unreachable after the time-out."""
        deadline = time.monotonic() + timeout_s
        pause_s = 0.1
        while (record := self.get(file_id))["state"] not in _FINAL:
            if time.monotonic() > deadline:
                raise Unreachable(f"The file is still {record['state']} after {timeout_s:g} s.")
            time.sleep(pause_s)
            pause_s = min(2.0, pause_s * 1.5)
        return record

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        attempts: int = ATTEMPTS,
    ) -> dict[str, Any]:
        """One call of the API; {} where the answer has no body.

        attempts: how often, with pauses between, before it counts as unreachable; 1 where a person waits.
        Raises Refused, Unreachable.
        """
        try:
            response = with_retries(
                lambda: self._api.request(method, path, params=list(query), headers=headers, json=body),
                attempts=attempts,
            )
        except Unreachable as error:
            raise Unreachable(f"The appliance at {self._api.base_url} does not answer. {error}") from error
        if not response.is_success:
            raise _refusal(response)
        answer: dict[str, Any] = response.json() if response.content else {}
        return answer

    def _send(
        self, file_id: str, upload: Mapping[str, Any], source: Path, size: int, progress: Callable[[int], None]
    ) -> None:
        if upload["protocol"] == "put":
            response = self._put(upload["url"], upload["headers"], source, 0, size, progress)
            # 412: an earlier try was stored and its answer lost; completing compares.
            if not response.is_success and response.status_code != httpx.codes.PRECONDITION_FAILED:
                raise _refusal_of_store(response)
            self.call("POST", f"/upload/{file_id}/complete", {})
        elif upload["protocol"] == "multipart":
            etags = self._send_parts(file_id, upload, source, size, progress)
            parts = [{"number": number, "etag": etags[number]} for number in sorted(etags)]
            self.call("POST", f"/upload/{file_id}/complete", {"parts": parts})
        else:
            raise TransferError(f"This client cannot send by '{upload['protocol']}'; a newer one may.")

    def _send_parts(
        self, file_id: str, upload: Mapping[str, Any], source: Path, size: int, progress: Callable[[int], None]
    ) -> dict[int, str]:
        """All parts, a few at a time; their etags by number."""
        signed = {part["number"]: part for part in upload["parts"]}
        part_size, count = upload["partSize"], upload["partCount"]
        etags: dict[int, str] = {}
        with ThreadPoolExecutor(PARTS_AT_A_TIME, thread_name_prefix="part") as pool:
            for first in range(1, count + 1, _URLS_PER_CALL):
                numbers = range(first, min(first + _URLS_PER_CALL, count + 1))
                unsigned = [number for number in numbers if number not in signed]
                signed.update(self._sign_parts(file_id, unsigned) if unsigned else {})
                sending = {
                    pool.submit(
                        self._send_part, file_id, signed.pop(number), source,
                        (number - 1) * part_size, min(part_size, size - (number - 1) * part_size), progress,
                    ): number
                    for number in numbers
                }  # fmt: skip
                try:
                    etags.update({sending[done]: done.result() for done in as_completed(sending)})
                except BaseException:
                    pool.shutdown(wait=False, cancel_futures=True)
                    raise
        return etags

    def _send_part(
        self, file_id: str, part: Mapping[str, Any], source: Path, offset: int, length: int,
        progress: Callable[[int], None],
    ) -> str:  # fmt: skip
        """One part; its etag. A URL that expired meanwhile is replaced."""
        for _ in range(_URL_TRIES):
            response = self._put(part["url"], part["headers"], source, offset, length, progress)
            if response.is_success:
                return response.headers["etag"].strip('"')
            if response.status_code != httpx.codes.FORBIDDEN:
                break
            part = self._sign_parts(file_id, [part["number"]])[part["number"]]
        raise _refusal_of_store(response)

    def _sign_parts(self, file_id: str, numbers: Sequence[int]) -> dict[int, Mapping[str, Any]]:
        answer = self.call("POST", f"/upload/{file_id}/parts", {"numbers": list(numbers)})
        return {part["number"]: part for part in answer["parts"]}

    def _put(
        self, url: str, headers: Mapping[str, str], source: Path, offset: int, length: int,
        progress: Callable[[int], None],
    ) -> httpx.Response:  # fmt: skip
        return with_retries(
            lambda: send_range(self._storage, url, headers, source, offset=offset, length=length, progress=progress)
        )

    def _cancel(self, file_id: str) -> None:
        """Free what was reserved; where that fails too, the appliance does it when the session ends."""
        try:
            self._api.delete(f"/upload/{file_id}", timeout=5)
        except httpx.HTTPError:
            return


def _refusal(response: httpx.Response) -> Refused:
    """The problem document (RFC 9457) of an answer, as an error."""
    try:
        problem = response.json()
        slug = str(problem["type"]).rpartition(":")[2]
        return Refused(str(problem["detail"]), type_=slug, status=response.status_code)
    except (ValueError, KeyError, TypeError):
        text = f"{response.request.method} {response.request.url.path}: the answer was {response.status_code}."
        return Refused(text, type_="unknown", status=response.status_code)


def _refusal_of_store(response: httpx.Response) -> Refused:
    return Refused(
        f"The store refused the bytes ({response.status_code}).", type_="store_rejected", status=response.status_code
    )


def _sha256(source: Path) -> str:
    try:
        with source.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise SourceChanged(f"{source} cannot be read: {error.strerror}.") from error
