"""Settings: where they come from, and what a person reads whose setting is wrong."""

import os
from pathlib import Path

import pytest

from appliance.config import load_settings
from appliance.domain.errors import SetupError


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder, and no other setting."""
    for name in [name for name in os.environ if name.startswith("MEDIA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MEDIA_DATA_DIR", str(tmp_path))
    return tmp_path


def test_the_environment_goes_before_the_file_and_the_file_before_the_default(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (data_dir / "media.toml").write_text('api_port = 8180\ncdn_port = 8188\nhosts = ["a.example", "b.example"]\n')
    monkeypatch.setenv("MEDIA_API_PORT", "8280")
    settings = load_settings()
    assert (settings.api_port, settings.cdn_port, settings.s3_port) == (8280, 8188, 9000)
    assert settings.hosts == ("a.example", "b.example")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("MEDIA_API_PROT", "1", "MEDIA_API_PROT: no such setting; is MEDIA_API_PORT meant?"),
        ("MEDIA_XYZZY", "1", "MEDIA_XYZZY: no such setting; the README lists them."),
        ("MEDIA_API_PORT", "70000", "MEDIA_API_PORT: "),
        ("MEDIA_CDN_URL", "cdn.example", "MEDIA_CDN_URL: "),
        ("MEDIA_CONFIG", "/nowhere/media.toml", "MEDIA_CONFIG: there is no file /nowhere/media.toml."),
    ],
)
def test_a_wrong_variable_is_named(name: str, value: str, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SetupError) as refused:
        load_settings()
    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("api_prot = 1", "api_prot in {file}: no such setting; is MEDIA_API_PORT meant?"),
        ("api_port = 'x'", "MEDIA_API_PORT: "),
        ("api_port =", "Cannot read the settings in {file}: Invalid value"),
    ],
)
def test_a_wrong_line_of_the_file_is_named(text: str, sentence: str, data_dir: Path) -> None:
    file = data_dir / "media.toml"
    file.write_text(text)
    with pytest.raises(SetupError) as refused:
        load_settings()
    assert str(refused.value).startswith(sentence.format(file=file))
