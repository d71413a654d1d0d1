"""The examples of docs/python.md do what they say."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.integration.api_server import ApiClient, ApiServer

DOCUMENT = Path(__file__).parents[2] / "docs" / "python.md"


def test_the_examples_run_one_after_the_other(
    api: ApiServer, red: ApiClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, key = api.catalog.keys.create("red", "examples", ["upload", "read", "delete"], now=1)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "credentials.json").write_text(json.dumps({"apiUrl": api.url, "apiKey": key}))
    for name in ("film.mov", "second.mov", "rushes/1.mov", "rushes/day 2/2.mov"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(os.urandom(1000))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MEDIA_DATA_DIR", raising=False)
    examples = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert len(examples) == 3
    known: dict[str, Any] = {}
    for example in examples:
        exec(compile(example, str(DOCUMENT), "exec"), known)
    said = capsys.readouterr().out
    assert "created second.mov" in said
    assert "2.mov http" in said
    files = {(record["path"], record["name"], record["title"]) for record in red.get("/files").json()["items"]}
    assert files == {
        ("show/day 1", "film.mov", "The film"), ("", "second.mov", "second"),
        ("show/rushes", "1.mov", "1"), ("show/rushes/day 2", "2.mov", "2"),
    }  # fmt: skip
