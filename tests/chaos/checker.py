"""The judge: compares bucket, catalog, links and the clients' own list, by code of its own."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import boto3
import m3u8
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.chaos.appliance import ACCESS_KEY, SECRET_KEY, Appliance
from tests.chaos.catalog_view import CatalogView, Row, looking
from tests.chaos.ledger import Ledger, Sent, Stand
from tests.chaos.prober import DEATH_S, Prober, get

BUCKET = "media"
_LINKS_AT_ONCE = 4
_EVERY_S = 0.25
_LOOKS = 3
#: What the record may say where the clients know that much.
_STATES = {
    Stand.STORED: {"ready"},
    Stand.TRASHED: {"trashed"},
    Stand.DELETED: {"deleted"},
    Stand.CANCELLED: {"cancelled"},
}


@dataclass
class Checker:
    """Called when no fault works any more and no client is at work."""

    appliance: Appliance
    ledger: Ledger
    prober: Prober

    def __post_init__(self) -> None:
        self._store: Any = boto3.client(
            "s3",
            endpoint_url=self.appliance.store_url,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            region_name="us-east-1",
            config=Config(signature_version="s3v4", retries={"max_attempts": 5}, s3={"addressing_style": "path"}),
        )

    def settle(self, patience_s: float) -> float:
        """Wait until nothing is left to be done; the seconds that took. What is left at the end is a broken promise."""
        began = time.monotonic()
        left = self._left()
        while left:
            if time.monotonic() - began > patience_s:
                self.ledger.breaks(f"not settled within {patience_s:g} s: {'; '.join(left)}")
                break
            time.sleep(_EVERY_S)
            left = self._left()
        return time.monotonic() - began

    def check(self) -> int:
        """Compare everything; how many files were compared. Dead ones are compared for the last time."""
        with self._catalog() as view:
            rows = {row.file_id: row for row in view.files()}
            objects = self._objects()
            problems = [
                *self._records(view, rows),
                *self._bucket(rows, objects),
                *self._renditions(rows, objects, view.generations()),
                *view.wrong_sums(),
                *view.dead_letters(),
                *view.quarantined(),
            ]
            if view.damage() != "ok":
                problems.append(f"the catalog is damaged: {view.damage()}")
        problems += self._links(rows)
        for problem in problems:
            self.ledger.breaks(problem)
        compared = self.ledger.standing(*Stand)
        self.ledger.forget(self.ledger.standing(Stand.DELETED, Stand.CANCELLED))
        return len(compared)

    def _catalog(self) -> Any:
        return looking(self.appliance.data_dir / "catalog.db")

    def _left(self) -> list[str]:
        with self._catalog() as view:
            left: list[str] = view.unsettled()
            states = {row.file_id: row.state for row in view.files()}
        silent = [one.key for one in self.ledger.standing(Stand.STORED) if states.get(one.file_id) == "waiting"]
        if silent:
            left.append(f"{len(silent)} stored files nobody has told of: {', '.join(silent[:3])}")
        try:
            objects = self._objects()
        except (BotoCoreError, ClientError) as error:
            return [*left, f"the store: {error}"]
        dead = [one.key for one in self.ledger.standing(Stand.DELETED, Stand.CANCELLED) if one.key in objects]
        if dead:
            left.append(f"{len(dead)} objects of dead files: {', '.join(dead[:3])}")
        return left

    def _records(self, view: CatalogView, rows: dict[str, Row]) -> Iterator[str]:
        if len(rows) != self.ledger.asked:
            yield f"{self.ledger.asked} files were asked for, the catalog has {len(rows)}"
        operations: dict[str, int] = {}
        for row in rows.values():
            operations[row.operation] = operations.get(row.operation, 0) + 1
        yield from (f"{count} records of the upload {name}" for name, count in operations.items() if count > 1)
        for sent in self.ledger.standing(*_STATES):
            known = rows.get(sent.file_id)
            if known is None:
                yield f"{sent.key} is {sent.stand} and the catalog does not know it"
            else:
                yield from _differences(sent, known)

    def _bucket(self, rows: dict[str, Row], objects: dict[str, int]) -> Iterator[str]:
        originals = {key: size for key, size in objects.items() if not key.startswith("renditions/")}
        expected = {one.key: one.size for one in self.ledger.standing(Stand.STORED, Stand.TRASHED)}
        for key, size in expected.items():
            if key not in originals:
                yield f"LOST: {key} was stored and is not in the bucket"
            elif originals[key] != size:
                yield f"{key} has {originals[key]} bytes in the bucket, not {size}"
        unsure = {one.key for one in self.ledger.files if one.changing}
        states = {row.key: row.state for row in rows.values()}
        for key in originals.keys() - expected.keys() - unsure:
            yield f"{key} is in the bucket, and its record is {states.get(key, 'not there')}"

    def _renditions(
        self, rows: dict[str, Row], objects: dict[str, int], generations: dict[tuple[str, int], tuple[bool, int]]
    ) -> Iterator[str]:
        there: dict[tuple[str, int], int] = {}
        for key, size in objects.items():
            if not key.startswith("renditions/"):
                continue
            _, _, file_id, *rest = key.split("/")
            row = rows.get(file_id)
            if row is None or row.state in ("deleted", "cancelled"):
                yield f"{key} is left of a file that is {row.state if row else 'unknown'}"
            elif len(rest) > 1:
                there[file_id, int(rest[0])] = there.get((file_id, int(rest[0])), 0) + size
        for file_id, number in there.keys() - generations.keys():
            yield f"generation {number} of {file_id} is in the bucket and nobody knows it"
        for (file_id, number), (published, size) in generations.items():
            if published and there.get((file_id, number), 0) != size:
                yield f"generation {number} of {file_id} has {there.get((file_id, number), 0)} bytes, not {size}"
            if not published:
                yield f"generation {number} of {file_id} was begun and never finished"

    def _links(self, rows: dict[str, Row]) -> list[str]:
        live = self.ledger.standing(Stand.STORED)
        dead = [one for one in self.ledger.standing(Stand.TRASHED, Stand.DELETED, Stand.CANCELLED) if one.link]
        films = [one for one in live if one.kind == "film" and rows[one.file_id].generation]
        checks: list[tuple[Callable[[Sent], str], list[Sent]]] = [
            (self._opens, live), (self._is_dead, dead), (lambda one: self._plays(one, rows[one.file_id]), films),
        ]  # fmt: skip
        with ThreadPoolExecutor(_LINKS_AT_ONCE) as pool:
            return [problem for check, files in checks for problem in pool.map(check, files) if problem]

    def _opens(self, sent: Sent) -> str:
        for _ in range(_LOOKS):
            answer = self.prober.look(sent)
            if answer.status in (200, 206):
                return ""
            time.sleep(1)
        return f"the link of {sent.key} answers {answer.status} {answer.text}, and nothing is broken"

    def _is_dead(self, sent: Sent) -> str:
        status = get(sent.link, sent.size).status
        deadline = max(time.monotonic(), sent.dead_at) + DEATH_S
        while status != 404 and time.monotonic() < deadline:
            time.sleep(_EVERY_S)
            status = get(sent.link, sent.size).status
        return "" if status == 404 else f"{sent.key} is {sent.stand} and its link answers {status}"

    def _plays(self, sent: Sent, row: Row) -> str:
        """Nothing where everything that the current ladder names is there."""
        tenant = sent.key.split("/")[1]
        base = sent.link.removesuffix(sent.key)
        todo = [f"{base}renditions/{tenant}/{sent.file_id}/{row.generation}/master.m3u8"]
        seen = set(todo)
        while todo:
            url = todo.pop()
            answer = get(url, 0)
            if answer.status != 200:
                return f"half a ladder: {url.removeprefix(base)} answers {answer.status} {answer.text}"
            if url.endswith(".m3u8"):
                found = {urljoin(url, name) for name in _named(answer.body.decode())} - seen
                seen |= found
                todo += found
        return ""

    def _objects(self) -> dict[str, int]:
        """Size by key of all that the bucket holds."""
        pages = self._store.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        return {one["Key"]: one["Size"] for page in pages for one in page.get("Contents", ())}


def _differences(sent: Sent, row: Row) -> Iterator[str]:
    where = f"{sent.key} ({sent.operation}, {sent.stand})"
    if row.state not in _STATES[sent.stand]:
        yield f"{where} is {row.state} in the catalog: {row.error}"
    for name in ("key", "name", "path", "size", "tags", "operation"):
        said, known = getattr(row, name), getattr(sent, name)
        if said != known:
            yield f"{where} has the {name} {said!r} in the catalog, not {known!r}"
    if row.sha256 is not None and row.sha256 != sent.sha256:
        yield f"{where} has another SHA-256 in the catalog"
    if row.uploads > 1 or (sent.stand in (Stand.STORED, Stand.TRASHED) and row.uploads != 1):
        yield f"{where} was announced as uploaded {row.uploads} times"


def _named(text: str) -> Iterator[str]:
    """What a playlist leads to."""
    playlist = m3u8.loads(text)
    yield from (one.uri for one in (*playlist.playlists, *playlist.media) if one.uri)
    yield from (one.uri for one in (*playlist.segments, *playlist.segment_map))
