"""The log: lines for programs and people, whose threads can be followed, and in which no secret stands."""

import json
import logging
import subprocess
import sys
import textwrap

import pytest

from appliance.logs import Redaction


def logged(code: str, form: str = "json", level: str = "INFO") -> list[str]:
    """The lines that a process of its own writes to stderr with this code, its log configured."""
    start = f"from appliance.logs import configure\nconfigure({level!r}, {form!r}, ['a-known-secret'])\n"
    script = "import logging\nfrom appliance.ports import tracing\nlog = logging.getLogger('appliance.x')\n" + start
    ran = subprocess.run(
        [sys.executable, "-c", script + textwrap.dedent(code)], capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.stdout == ""
    return ran.stderr.splitlines()


def test_a_line_is_one_json_object_with_all_that_is_known() -> None:
    code = """
        tracing.begin("my-request-1")
        with tracing.noted(file_id="f", event_id=None):
            log.warning("tries %s again", "it", extra={"attempts": 3})
        log.info("after")
        log.debug("not at this level")
        """
    first, second = map(json.loads, logged(code))
    assert first.pop("time").endswith("Z")
    assert first == {
        "event": "tries it again", "level": "warning", "logger": "appliance.x", "request_id": "my-request-1",
        "file_id": "f", "attempts": 3,
    }  # fmt: skip
    assert "file_id" not in second


def test_dependencies_and_what_nobody_caught_go_the_same_way() -> None:
    code = """
        import threading, warnings
        logging.getLogger("waitress").error("of a dependency")
        logging.getLogger("httpx").info("HTTP Request: GET http://host/?X-Amz-Signature=00ff00ff")
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        def fail():
            raise ValueError("in a thread")
        thread = threading.Thread(target=fail, name="worker-1")
        thread.start()
        thread.join()
        raise KeyError("at last")
        """
    lines = [json.loads(line) for line in logged(code)]
    assert [line["logger"] for line in lines] == ["waitress", "py.warnings", "appliance", "appliance"]
    assert "worker-1" in lines[2]["event"]
    assert "ValueError: in a thread" in lines[2]["exception"]
    assert "KeyError: 'at last'" in lines[3]["exception"]


def test_text_is_for_people() -> None:
    (line,) = logged("tracing.begin('r-1'); log.info('ready', extra={'port': 1})", "text")
    assert line[10:].split(" ", 1)[1] == "INFO appliance.x: ready  request_id=r-1 port=1"
    lines = logged("try:\n    1 / 0\nexcept ZeroDivisionError:\n    log.exception('cannot')", "text")
    assert "ERROR appliance.x: cannot" in lines[0]
    assert lines[-1] == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("the key mk_abc_DEF-123 is old", "the key (hidden) is old"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer (hidden)"),
        (
            "PUT http://h/media/k?X-Amz-Credential=media-1%2F2026&X-Amz-Signature=00ff00ff00ff00ff&x=1",
            "PUT http://h/media/k?X-Amz-Credential=(hidden)&X-Amz-Signature=(hidden)&x=1",
        ),
        ("GET /t/1800000000-AAAAAAAAAAAAAAAAAAAAAA/videos/x.mp4", "GET /t/(hidden)/videos/x.mp4"),
        ("http://h:8080/s/Zk3mN8pQ", "http://h:8080/s/(hidden)"),
        ("http://h:8080/pair#ABCD-EFGH", "http://h:8080/pair#(hidden)"),
        ("mailto://user:pass@example.org", "mailto://(hidden)@example.org"),
        ("a-known-secret, twice: a-known-secret", "(hidden), twice: (hidden)"),
        ("http://127.0.0.1:9000 answers 12:30", "http://127.0.0.1:9000 answers 12:30"),
    ],
)
def test_no_secret_is_logged(text: str, shown: str) -> None:
    redaction = Redaction(["a-known-secret", "", "short"])
    assert redaction.hide(text) == shown
    line = redaction(None, "info", {"event": text, "list": [text], "count": 1, "none": None})
    assert line == {"event": shown, "list": str([shown]), "count": 1, "none": None}


def test_a_secret_in_a_traceback_is_hidden_too() -> None:
    (line,) = logged("try:\n    raise ValueError('a-known-secret')\nexcept ValueError:\n    log.exception('failed')")
    assert "a-known-secret" not in line
    assert "ValueError: (hidden)" in json.loads(line)["exception"]


def test_logging_needs_no_configuration(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("appliance.x").warning("commands do not configure it")
    assert caplog.messages == ["commands do not configure it"]
