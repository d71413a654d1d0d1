"""Every kind of file that people send ends as it is written down beside this file, on the real parts.

`sources_expected.json`: by name what a client is told once nothing more is to come. Durations may differ by
`toleranceSeconds`: encoders pad their last packet. Rungs are sorted by name.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from appliance.domain.errors import NoDecoder
from appliance.domain.events import Event, EventType
from appliance.domain.files import FileRecord
from appliance.domain.renditions import plan_ladder
from appliance.media.ladder import encode
from appliance.services.preview import Preview
from tests import sources
from tests.integration import ladders
from tests.integration.api_server import ApiClient
from tests.integration.event_stack import EventStack
from tests.servers import wait_until

_WRITTEN: dict[str, Any] = json.loads(Path(__file__).with_name("sources_expected.json").read_text())
EXPECTED: dict[str, dict[str, Any]] = _WRITTEN["sources"]
TOLERANCE_S: float = _WRITTEN["toleranceSeconds"]
_SETTLED = frozenset({"ready", "errored"})
#: All of them are made and worked through before the first test.
pytestmark = pytest.mark.timeout(1500)


@dataclass(frozen=True, slots=True)
class Matrix:
    """records: by name of the source; views: what a client is told of each in the end."""

    stack: EventStack
    client: ApiClient
    shop: sources.Workshop
    records: dict[str, FileRecord]
    views: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matrix]:
    shop = sources.workshop(tmp_path_factory.mktemp("sources"))
    with EventStack(tmp_path_factory.mktemp("matrix")) as stack, stack.client("red") as client:
        records = {name: stack.upload(name, shop.made(name)) for name in sources.SOURCES}
        stack.start_workers()
        views: dict[str, dict[str, Any]] = {}

        def settled() -> bool:
            for name in records.keys() - views.keys():
                view = client.get(f"/get/{records[name].file_id}").json()
                if view["state"] in _SETTLED:
                    views[name] = view
            return len(views) == len(records)

        try:
            wait_until(settled, timeout_s=1200, what="everything is ready or errored")
        except AssertionError:
            pytest.fail(f"still worked on: {sorted(records.keys() - views.keys())}")
        stack.wait_idle(120)
        views = {name: client.get(f"/get/{record.file_id}").json() for name, record in records.items()}
        yield Matrix(stack, client, shop, records, views)


def told(view: dict[str, Any]) -> dict[str, Any]:
    """What is written down of a file."""
    return {
        "state": view["state"],
        "readyToStream": view["readyToStream"],
        "kind": view["kind"],
        "duration": view["duration"],
        "size": f"{view['width']}x{view['height']}" if view["width"] else None,
        "video": view["codecs"]["video"],
        "audio": view["codecs"]["audio"],
        "error": view["error"] and view["error"]["type"],
        "rungs": " ".join(one["name"] for one in view["renditions"]) or None,
        "poster": view["links"]["poster"] is not None,
    }


def differences(found: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    """One line for each thing that is not as it is written down."""
    found, expected = dict(found), dict(expected)
    if None not in (found["duration"], expected["duration"]):
        expected["duration"] = pytest.approx(expected["duration"], abs=TOLERANCE_S)
    return [f"{key}: {found[key]!r}, expected {expected[key]!r}" for key in expected if found[key] != expected[key]]


def test_the_matrix_is_written_down_in_full() -> None:
    assert sorted(EXPECTED) == list(sources.SOURCES)
    assert len(EXPECTED) >= 40


@pytest.mark.parametrize("name", sources.SOURCES)
def test_a_source_ends_as_expected(matrix: Matrix, name: str) -> None:
    found = told(matrix.views[name])
    wrong = differences(found, EXPECTED[name])
    assert not wrong, "\n".join([name, *wrong, f"as found: {json.dumps(found)}", str(matrix.views[name]["error"])])


@pytest.mark.parametrize("name", sources.SOURCES)
def test_the_original_is_kept_whatever_became_of_it(matrix: Matrix, name: str) -> None:
    record = matrix.records[name]
    listed = matrix.client.get("/files", params={"q": name, "limit": 100}).json()["items"]
    assert record.file_id in [item["fileId"] for item in listed]
    assert matrix.views[name]["links"]["download"]
    assert matrix.stack.store.read(record.object_key) == matrix.shop.made(name)


def test_nothing_of_this_machine_got_out(matrix: Matrix) -> None:
    """Neither in what was made of any file, nor in what is said of it."""
    secret = sources.SECRET.encode()
    assert secret in matrix.shop.secret.read_bytes()
    for info in matrix.stack.store.list("renditions/"):
        assert secret not in matrix.stack.store.read(info.key), info.key
    assert not [name for name, view in matrix.views.items() if sources.SECRET in json.dumps(view)]


def test_ladders_are_as_long_as_what_they_were_made_of(matrix: Matrix) -> None:
    for name, view in matrix.views.items():
        if view["renditions"] and view["duration"] and name not in _SHORTER:
            longest = max(one["duration"] for one in view["renditions"])
            assert longest == pytest.approx(view["duration"], abs=0.12), name


#: Their containers still claim the time that was cut off.
_SHORTER = frozenset({"cut.mp4", "cut.mkv", "cut.avi"})


@pytest.mark.long
def test_ladders_are_sound(matrix: Matrix, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """By an independent eye: a strict parser and ffprobe. Without --long, one ladder in ten."""
    with_ladder = [name for name in sources.SOURCES if matrix.views[name]["renditions"] and name != "two-hours.mp4"]
    for name in with_ladder if request.config.getoption("--long") else with_ladder[::10]:
        ladders.check(_fetched(matrix, name, tmp_path / name))


def test_what_the_encoder_has_no_decoder_for_is_kept_as_it_is(matrix: Matrix, tmp_path: Path) -> None:
    """The probe has decoders of its own; an ffmpeg of the machine may have been built with fewer."""
    parts = matrix.stack.parts
    known, unknown = (matrix.shop.folder / name for name in ("lossless.mkv", "unknown.mkv"))
    plan = plan_ladder(parts.prober.analyse(str(known)), "full")
    with pytest.raises(NoDecoder) as raised:
        encode(parts.encoder.ffmpeg, plan, str(unknown), tmp_path, limits=parts.encoder.limits)

    record = parts.catalog.files.find(matrix.records["unknown.mkv"].file_id)
    assert record is not None
    assert record.etag is not None
    assert parts.catalog.production.reopened(record.file_id, record.etag, now=parts.clock())
    event = Event(0, EventType.FILE_PROBED, record.object_key, record.file_id, parts.clock(), etag=record.etag)
    Preview(parts).gave_up(event, raised.value)
    view = matrix.client.get(f"/get/{record.file_id}").json()
    assert (view["state"], view["readyToStream"], view["error"]) == ("ready", False, None)


def _fetched(matrix: Matrix, name: str, folder: Path) -> Path:
    record = matrix.records[name]
    after = matrix.stack.catalog.files.find(record.file_id)
    assert after is not None
    prefix = f"renditions/red/{record.file_id}/{after.generation}/"
    for info in matrix.stack.store.list(prefix):
        path = folder / info.key.removeprefix(prefix)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(matrix.stack.store.read(info.key))
    return folder
