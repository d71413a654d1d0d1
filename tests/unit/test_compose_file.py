"""What can be set natively can be set in containers, and .env.example tells all of it."""

import re
from pathlib import Path

from appliance.config import Settings
from appliance.stack.minio_binary import VERSION

ROOT = Path(__file__).parents[2]
COMPOSE = (ROOT / "docker-compose.yml").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
#: What the containers are built from and where they look: nothing to choose there.
OF_THE_IMAGES = {"MEDIA_MINIO_BINARY", "MEDIA_NGINX_BINARY", "MEDIA_FFMPEG_BINARY", "MEDIA_WORK_DIR"}


def settings_of_containers() -> tuple[set[str], set[str]]:
    """Of the appliance's containers: what is fixed there, and what .env may say."""
    block = COMPOSE.partition("environment: &settings\n")[2].partition("  volumes:")[0]
    names = re.findall(r"^    - (MEDIA_\w+)(=?)", block, re.MULTILINE)
    return {name for name, sign in names if sign}, {name for name, sign in names if not sign}


def test_every_setting_reaches_the_containers() -> None:
    fixed, free = settings_of_containers()
    assert not fixed & free
    assert fixed | free | OF_THE_IMAGES == {f"MEDIA_{name.upper()}" for name in Settings.model_fields}


def test_the_example_tells_every_setting_with_its_default_and_what_it_is() -> None:
    _, free = settings_of_containers()
    for name in free:
        field = Settings.model_fields[name.removeprefix("MEDIA_").lower()]
        default = field.get_default()
        text = ",".join(default) if isinstance(default, tuple) else str(default)
        assert f"# {field.description}\n#{name}={text}\n" in EXAMPLE, name


def test_the_example_tells_every_variable_of_the_compose_file() -> None:
    _, free = settings_of_containers()
    used = set(re.findall(r"\$\{(\w+)", COMPOSE)) | free
    told = set(re.findall(r"^#(\w+)=", EXAMPLE, re.MULTILINE))
    assert used == told


def test_both_ways_of_running_take_the_same_minio() -> None:
    dockerfile = (ROOT / "scripts" / "docker" / "minio.Dockerfile").read_text()
    assert f"ARG MINIO_VERSION={VERSION}\n" in dockerfile
