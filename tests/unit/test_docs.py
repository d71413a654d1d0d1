"""The documents are true: every command and setting is in them, and none that does not exist."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from appliance.cli import main
from appliance.config import Settings
from gui.commands.get import get
from gui.commands.send import send

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
DOCUMENTS = [
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))),
]


def commands(group: click.Group = main, prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command as it is typed after `media-appliance`."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*prefix, name))
        else:
            yield (*prefix, name)


def settings_table() -> str:
    """The README's table of settings."""
    rows = ["| setting | default | what it is |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = field.get_default()
        text = ",".join(default) if isinstance(default, tuple) else str(default)
        rows.append(f"| `MEDIA_{name.upper()}` | {f'`{text}`' if text else ''} | {field.description} |")
    return "\n".join(rows)


def test_the_readme_has_every_setting_with_its_default() -> None:
    assert settings_table() in README


def test_the_readme_names_every_command() -> None:
    rows = [line for line in README.splitlines() if line.startswith("| `media-appliance")]
    for words in commands():
        listed = [row for row in rows if words[0] in row]
        assert any(f"`{words[-1]}`" in row or f"{' '.join(words)}" in row for row in listed), words


@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_document_names_a_command_that_does_not_exist(document: str) -> None:
    known = set(commands())
    for line in re.findall(r"media-appliance ([a-z][a-z -]*)", (ROOT / document).read_text()):
        words = tuple(line.split())
        assert any(words[: len(command)] == command for command in known) or words[0] in main.commands, line


@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_document_names_a_setting_that_does_not_exist(document: str) -> None:
    known = {f"MEDIA_{name.upper()}" for name in Settings.model_fields} | {"MEDIA_CONFIG", "MEDIA_KEY"}
    known |= set(re.findall(r"^#(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    named = set(re.findall(r"\bMEDIA_[A-Z0-9_]*[A-Z0-9]\b", (ROOT / document).read_text()))
    assert named <= known, named - known


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_a_document_names_is_there(document: str) -> None:
    text = (ROOT / document).read_text()
    named = re.findall(r"\]\(([A-Za-z./_-]+)\)", text) + re.findall(r"`((?:scripts|appliance|gui)/[\w./]+)`", text)
    missing = [name for name in named if not (ROOT / name).exists()]
    assert not missing


def test_every_option_of_the_client_is_documented() -> None:
    text = (ROOT / "docs" / "command.md").read_text()
    sections = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    everywhere = sections["Which appliance"]
    for command, section in ((send, sections["Sending"] + sections["Watching a folder"]), (get, sections["Fetching"])):
        for option in command.params:
            if isinstance(option, click.Option):
                assert any(f"`{name}" in everywhere + section for name in option.opts), option.opts
        shown = command.get_help(click.Context(command, info_name="media-upload", terminal_width=80))
        assert max(map(len, shown.splitlines())) <= 80
    known = {name for command in (send, get) for option in command.params for name in option.opts}
    named = set(re.findall(r"`(--[a-z-]+)", text)) - {"--help", "--version"}
    assert named <= known, named - known


def test_every_command_explains_itself_within_80_columns() -> None:
    for words in commands():
        command: click.Command = main
        for word in words:
            assert isinstance(command, click.Group)
            command = command.commands[word]
        assert command.help, words
        text = command.get_help(click.Context(command, info_name=" ".join(words), terminal_width=80))
        assert max(map(len, text.splitlines())) <= 80, words
