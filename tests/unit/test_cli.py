"""media-appliance as it is typed: what it prints, what it keeps, how it refuses."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from appliance.catalog.catalog import open_catalog
from appliance.cli import main
from appliance.commands.output import show_rows
from appliance.ports.clock import system_clock
from appliance.stack.presence import claim

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on a fresh data folder, in a terminal of 80 columns."""
    for name in [name for name in os.environ if name.startswith("MEDIA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MEDIA_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "80")
    return lambda *words: CliRunner().invoke(main, words, catch_exceptions=False)


def answer(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_help_comes_at_once() -> None:
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "appliance.cli", "--help"], capture_output=True, text=True, check=True)
    assert "pair" in done.stdout
    # Half a second on an idle machine; it must not import the server's parts.
    assert time.perf_counter() - began < 3
    code = "import sys, appliance.cli; print([m for m in ('peewee', 'flask', 'pydantic', 'rich') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_tenant_is_made_renamed_disabled_and_enabled(run: Run) -> None:
    assert run("tenant", "add", "films", "--name", "Film team", "--quota-bytes", "1000").exit_code == 0
    assert run("tenant", "rename", "films", "Films").exit_code == 0
    assert run("tenant", "quota", "films", "--files", "7").exit_code == 0
    assert run("tenant", "disable", "films").exit_code == 0
    [tenant] = answer(run("tenant", "list", "--json"))
    assert (tenant["id"], tenant["name"], tenant["quotaBytes"], tenant["quotaFiles"]) == ("films", "Films", 1000, 7)
    assert tenant["disabledAt"].endswith("Z")
    run("tenant", "enable", "films")
    assert answer(run("tenant", "list", "--json"))[0]["disabledAt"] is None


def test_a_key_is_shown_once_and_opens_until_it_is_revoked(run: Run, tmp_path: Path) -> None:
    run("tenant", "add", "films")
    text = run("key", "create", "editor", "--tenant", "films", "--scopes", "upload, read").stdout.strip()
    [listed] = answer(run("key", "list", "--json"))
    assert text.startswith(f"mk_{listed['id']}_")
    assert listed["scopes"] == ["read", "upload"]
    assert text.rpartition("_")[2] not in run("key", "list").stdout
    catalog = open_catalog(f"sqlite:///{tmp_path / 'data' / 'catalog.db'}", system_clock, queues={})
    assert catalog.keys.check(text, now=system_clock()).name == "editor"
    catalog.close()
    assert run("key", "revoke", listed["id"]).exit_code == 0
    assert answer(run("key", "list", "--json"))[0]["state"] == "revoked"


def test_keys_for_this_machine_are_renewed(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "data" / "credentials.json"
    assert run("key", "renew").stdout.strip() == str(path)
    first = json.loads(path.read_text())
    assert path.stat().st_mode & 0o777 == 0o600
    assert first["tenantId"] == "default"
    run("key", "renew")
    assert json.loads(path.read_text())["apiKey"] != first["apiKey"]
    states = {key["id"]: key["state"] for key in answer(run("key", "list", "--json"))}
    assert sorted(states.values()) == ["good", "good", "revoked", "revoked"]
    assert states[first["apiKey"].split("_")[1]] == "revoked"


def test_pairing_prints_addresses_a_code_and_one_line(run: Run) -> None:
    run("key", "renew")
    shown = run("pair", "--name", "laptop").stdout
    assert "http://127.0.0.1:8080/pair#" in shown
    assert "http://127.0.0.1:8088" in shown
    assert "█" in shown or "▄" in shown
    offered = answer(run("pair", "--json"))
    assert offered["url"] == f"{offered['apiUrl']}/pair#{offered['code']}"


def test_pairing_gives_the_addresses_of_the_appliance_that_runs(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with monkeypatch.context() as other_terminal:
        other_terminal.setenv("MEDIA_API_PORT", "8280")
        run("key", "renew")
    with claim(tmp_path / "data"):
        assert answer(run("pair", "--json"))["url"].startswith("http://127.0.0.1:8280/pair#")
    assert answer(run("pair", "--json"))["url"].startswith("http://127.0.0.1:8080/pair#")


def test_settings_show_what_was_set(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIA_API_PORT", "9999")
    monkeypatch.setenv("MEDIA_S3_SECRET_KEY", "do-not-print")
    listed = {row["setting"]: row for row in answer(run("settings", "--json"))}
    assert listed["MEDIA_API_PORT"]["value"] == "9999"
    assert listed["MEDIA_API_PORT"]["set"]
    assert not listed["MEDIA_CDN_PORT"]["set"]
    assert "do-not-print" not in run("settings").stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("tenant", "rename", "nobody", "x"), "There is no tenant nobody."),
        (("tenant", "add", "No Good"), "A tenant id is 2 to 63 characters"),
        (("key", "create", "x", "--tenant", "nobody"), "There is no tenant nobody."),
        (("key", "create", " "), "A key needs a name"),
        (("key", "revoke", "0123456789ab"), "There is no key 0123456789ab."),
        (("quarantine", "show", "5"), "There is nothing in quarantine under 5."),
    ],
)
def test_a_refusal_is_one_sentence_and_exit_2(run: Run, words: tuple[str, ...], sentence: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert result.stderr.startswith(sentence)
    assert result.stderr.count("\n") == 1


def test_a_scope_that_is_none_is_named(run: Run) -> None:
    run("tenant", "add", "films")
    result = run("key", "create", "x", "--tenant", "films", "--scopes", "write")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "no such scope: write" in result.stderr


def test_a_setting_that_is_wrong_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIA_API_PORT", "many")
    result = run("tenant", "list")
    assert result.exit_code == 2
    assert result.stderr.startswith("MEDIA_API_PORT: ")


@pytest.mark.parametrize(
    ("setting", "value"),
    [("MEDIA_STORE", "gcs"), ("MEDIA_BUS_URL", "amqp://x"), ("MEDIA_DATABASE_URL", "postgresql://x/y")],
)
def test_a_part_that_this_version_lacks_is_named(
    run: Run, monkeypatch: pytest.MonkeyPatch, setting: str, value: str
) -> None:
    monkeypatch.setenv(setting, value)
    result = run("tenant", "list")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"{setting}: ")


@pytest.mark.parametrize(
    "words",
    [
        ("tenant", "list"),
        ("key", "list"),
        ("dead-letters", "list"),
        ("quarantine", "list"),
    ],
)
def test_an_empty_list_says_so_to_people_and_is_empty_for_programs(run: Run, words: tuple[str, ...]) -> None:
    assert run(*words).stdout.strip()
    assert answer(run(*words, "--json")) == []


def test_lists_fit_80_columns(run: Run) -> None:
    run("key", "renew")
    run("tenant", "add", "a" * 63, "--name", "Großes Filmteam " * 6)
    for words in (("tenant", "list"), ("key", "list"), ("settings",)):
        assert max(map(len, run(*words).stdout.splitlines())) <= 80


def test_an_id_to_copy_is_in_one_piece_beside_a_long_name(capsys: pytest.CaptureFixture[str]) -> None:
    file_id = "4a0b8086-5bce-4e17-ae29-20dd2b99cbe0"
    show_rows([{"id": file_id, "name": "x" * 250}], {"id": "id", "name": "name"}, as_json=False, empty="")
    assert file_id in capsys.readouterr().out


def test_what_is_in_quarantine_is_listed_shown_and_dropped(run: Run, tmp_path: Path) -> None:
    run("tenant", "list")
    catalog = open_catalog(f"sqlite:///{tmp_path / 'data' / 'catalog.db'}", system_clock, queues={})
    for _ in range(3):
        catalog.quarantine.put("minio", "not JSON", body="{", now=system_clock())
    catalog.close()
    [row] = answer(run("quarantine", "list", "--json"))
    assert (row["reason"], row["count"]) == ("not JSON", 3)
    assert "not JSON" in run("quarantine", "list").stdout
    assert "{" in run("quarantine", "show", str(row["id"])).stdout
    run("quarantine", "drop", str(row["id"]))
    assert answer(run("quarantine", "list", "--json")) == []


def test_nothing_to_replay_is_no_failure(run: Run) -> None:
    assert answer(run("replay", "--json")) == {"replayed": 0}
    assert answer(run("replay", "--service", "metadata", "--id", "4", "--json")) == {"replayed": 0}
