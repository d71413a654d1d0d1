"""Where MinIO comes from. `go` and `pip` are stand-ins here: what they do needs a network and minutes."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from appliance.domain.errors import SetupError
from appliance.stack import minio_binary
from appliance.stack.minio_binary import find_minio, obtain_minio

GOOD_GO = """#!/bin/sh
if [ "$1" = env ]; then echo go1.26.1; exit; fi
case "$GOFLAGS" in *modcacherw*) ;; *) exit 3 ;; esac
echo "go: downloading github.com/minio/cli v1.24.2" >&2
mkdir -p "$GOPATH" "$GOCACHE" "$GOBIN"
echo built >> "$BUILDS"
printf '#!/bin/sh\\necho minio\\n' > "$GOBIN/minio"
chmod +x "$GOBIN/minio"
"""


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=80)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without MinIO and Go, with a cache of its own; its PATH is the folder `bin`."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin:/usr/bin")
    monkeypatch.delenv("MEDIA_MINIO_BINARY", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("BUILDS", str(tmp_path / "builds"))
    return tmp_path


def program(path: Path, text: str = "#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_the_chosen_one_comes_before_the_machines_and_that_before_the_cache(machine: Path, console: Console) -> None:
    program(machine / "bin" / "go", GOOD_GO)
    assert find_minio() is None
    cached = obtain_minio("", console)
    assert find_minio() == cached
    on_path = program(machine / "bin" / "minio")
    assert find_minio() == on_path
    chosen = program(machine / "mine")
    assert find_minio(str(chosen)) == chosen


def test_a_chosen_one_that_is_not_there_is_an_error(machine: Path) -> None:
    with pytest.raises(SetupError, match="MEDIA_MINIO_BINARY"):
        find_minio(str(machine / "nothing"))


def test_it_is_built_once_says_how_long_it_takes_and_leaves_only_the_binary(machine: Path, console: Console) -> None:
    program(machine / "bin" / "go", GOOD_GO)
    stale = machine / "cache" / "media-appliance" / "minio-7aac2a2c5b7c" / "build-stale"
    stale.mkdir(parents=True)
    built = obtain_minio("", console)
    assert obtain_minio("", console) == built
    assert (machine / "builds").read_text() == "built\n"
    assert subprocess.run([built], capture_output=True, text=True, check=True).stdout == "minio\n"
    assert list(built.parent.iterdir()) == [built]
    assert isinstance(console.file, io.StringIO)
    assert "minutes" in console.file.getvalue()


def test_two_starters_build_it_once(machine: Path) -> None:
    program(machine / "bin" / "go", GOOD_GO.replace("mkdir", "sleep 0.3; mkdir", 1))
    command = [sys.executable, "-m", "appliance.stack.minio_binary"]
    starters = [
        subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=dict(os.environ), cwd=Path(__file__).parents[2]
        )
        for _ in range(2)
    ]
    paths = {starter.communicate(timeout=30)[0] for starter in starters}
    assert len(paths) == 1 and paths.pop().strip().endswith("/minio")
    assert (machine / "builds").read_text() == "built\n"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("dial tcp: lookup proxy.golang.org: no such host", "is there a network"),
        ("write /tmp/x: no space left on device", "the disk is full"),
        ("something else entirely", "something else entirely"),
    ],
)
def test_a_build_that_fails_is_one_clear_sentence(machine: Path, console: Console, said: str, sentence: str) -> None:
    program(machine / "bin" / "go", f'#!/bin/sh\n[ "$1" = env ] && echo go1.24.0 && exit\necho "{said}" >&2\nexit 1\n')
    with pytest.raises(SetupError, match=sentence):
        obtain_minio("", console)
    assert find_minio() is None
    assert not list((machine / "cache").rglob("build-*"))


def test_a_full_disk_is_told_before_the_build(machine: Path, console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    program(machine / "bin" / "go", GOOD_GO)
    monkeypatch.setattr(minio_binary, "_NEEDED_BYTES", 10**18)
    with pytest.raises(SetupError, match=r"needs .* GB"):
        obtain_minio("", console)


def test_an_old_go_is_passed_over(machine: Path, console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    program(machine / "bin" / "go", "#!/bin/sh\necho go1.22.3\n")
    monkeypatch.setattr(sys, "executable", str(program(machine / "python", "#!/bin/sh\necho no index >&2\nexit 1\n")))
    with pytest.raises(SetupError, match=r"Go 1\.24 or newer.*no index"):
        obtain_minio("", console)
