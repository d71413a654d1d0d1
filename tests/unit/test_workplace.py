"""The folders that encoders work in: who is let in, and what is left of those that were killed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.domain.errors import NoRoom
from appliance.media.workplace import Workplace
from tests.small_disk import small_disk

#: A process that works in a folder of its own until it is killed.
_WORKER = """
import sys
from pathlib import Path
from appliance.media.workplace import Workplace
with Workplace(Path(sys.argv[1]), min_free=0).folder(0) as folder:
    (folder / "half.mp4").write_bytes(b"half")
    print(folder, flush=True)
    sys.stdin.read()
"""


def places(root: Path) -> list[Path]:
    return sorted(root.glob("work-*"))


def test_a_job_has_an_empty_folder_that_is_gone_afterwards(tmp_path: Path) -> None:
    place = Workplace(tmp_path / "work", min_free=0)
    with place.folder(1000) as one, place.folder(1000) as other:
        assert one != other
        (one / "sub").mkdir()
        (one / "sub" / "a.mp4").write_bytes(b"film")
        assert list(other.iterdir()) == []
    assert not one.exists()
    place.close()
    place.close()
    assert places(tmp_path / "work") == []


def test_a_job_that_fails_leaves_nothing_either(tmp_path: Path) -> None:
    place = Workplace(tmp_path, min_free=0)

    def fail() -> None:
        with place.folder(0) as folder:
            (folder / "half.mp4").write_bytes(b"half")
            raise ValueError(str(folder))

    with pytest.raises(ValueError, match="work-") as raised:
        fail()
    assert not Path(str(raised.value)).exists()
    place.close()


def test_a_job_is_let_in_while_the_disk_has_room_beside_the_reserve(tmp_path: Path) -> None:
    # Others write to this disk too, so the numbers keep far from the edge.
    free = shutil.disk_usage(tmp_path).free
    generous, careful = Workplace(tmp_path, min_free=0), Workplace(tmp_path, min_free=free // 2)
    with generous.folder(free * 3 // 4), careful.folder(free // 8):
        pass
    for place, need in ((generous, free * 2), (careful, free * 3 // 4)):
        with pytest.raises(NoRoom, match="are needed on top of the") as refused, place.folder(need):
            pass
        # It is made when there is room, however many attempts found none.
        assert refused.value.outage
        assert not refused.value.permanent
        assert [path for path in places(tmp_path) for path in path.iterdir() if path.is_dir()] == []
    generous.close()
    careful.close()


def test_a_job_waits_for_room_where_its_work_is_kept_too(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 10_000_000) as disk:
        place = Workplace(tmp_path / "work", min_free=disk.base, target=disk.folder)
        with place.folder(5_000_000):
            pass
        disk.fill(leave=2_000_000)
        with pytest.raises(NoRoom, match="are needed on top of"), place.folder(5_000_000):
            pass
        disk.clear()
        with place.folder(5_000_000):
            pass
        place.close()


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_has_is_not(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _WORKER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        left = Path(worker.stdout.readline().strip())
        first = Workplace(tmp_path, min_free=0)
        assert (left / "half.mp4").exists()
        worker.kill()
        worker.wait()
        second = Workplace(tmp_path, min_free=0)
        assert not left.exists()
    assert len(places(tmp_path)) == 2
    with first.folder(0):
        pass
    first.close()
    second.close()
    assert places(tmp_path) == []
