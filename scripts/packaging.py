"""Checks that setup.cfg, the packages and the lock files agree."""

import sys
from collections.abc import Mapping
from configparser import ConfigParser
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent


def problems() -> list[str]:
    """One sentence for each thing that does not fit."""
    config = ConfigParser(interpolation=None)
    config.read(ROOT / "setup.cfg")
    extras = config["options.extras_require"]
    base = _requirements(config["options"]["install_requires"])
    server, everything = (
        [needed for extra in chosen for needed in _requirements(extras[extra])]
        for chosen in (("server",), ("server", "gui", "build", "dev"))
    )
    return [
        *_missing("appliance.txt", base + server),
        *_missing("all.txt", base + everything),
        *(f"setup.cfg lists no files under {folder.relative_to(ROOT)}" for folder in _folders_without_rule(config)),
    ]


def _requirements(text: str) -> list[Requirement]:
    return [Requirement(line) for line in text.splitlines() if line.strip()]


def _missing(lock: str, wanted: list[Requirement]) -> list[str]:
    pinned: dict[str, set[str]] = {}
    for line in (ROOT / "scripts" / "lock" / lock).read_text().splitlines():
        if line[:1].isalnum():
            name, _, rest = line.partition("==")
            pinned.setdefault(canonicalize_name(name), set()).add(rest.split()[0])
    return [
        f"scripts/lock/{lock} does not fulfil {requirement}; run scripts/lock/update"
        for requirement in wanted
        if not any(requirement.specifier.contains(version) for version in pinned.get(_name(requirement), ()))
    ]


def _name(requirement: Requirement) -> str:
    return canonicalize_name(requirement.name)


def _folders_without_rule(config: ConfigParser) -> list[Path]:
    """Folders of a package that hold files which an installation would leave out."""
    rules = config["options.package_data"]
    left_out = set()
    for package in ("appliance", "gui"):
        for path in (ROOT / package).rglob("*"):
            if path.is_file() and path.suffix not in (".py", ".pyc", ".typed") and not _covered(path, rules):
                left_out.add(path.parent)
    return sorted(left_out)


def _covered(path: Path, rules: Mapping[str, str]) -> bool:
    relative = path.relative_to(ROOT)
    for package, patterns in rules.items():
        folder = Path(*package.split("."))
        if package != "*" and relative.is_relative_to(folder):
            inside = relative.relative_to(folder)
            return any(inside.match(pattern.strip()) for pattern in patterns.replace("\n", ",").split(",") if pattern)
    return False


if __name__ == "__main__":
    found = problems()
    sys.exit("\n".join(found) if found else 0)
