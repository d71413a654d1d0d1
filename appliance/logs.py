"""The log: one place that says how lines look, for this program's own and those of its dependencies alike.

Every line goes to stderr by way of the standard library's logging, through structlog's processors: it gets the time,
the level, what `ports/tracing.py` knows of the work under way, and loses whatever is secret. structlog, because it
puts all of that into one chain for our lines and foreign ones, as JSON or as text.
"""

import logging
import re
import sys
import threading
from collections.abc import Collection
from types import TracebackType

import structlog
from structlog.typing import EventDict, Processor

#: What these tell below a warning is requests with their URLs, signatures and all.
_TALKATIVE = ("httpx", "httpcore", "urllib3", "apprise", "PIL", "zeroconf", "waitress")
_HIDDEN = "(hidden)"
#: What opens something, by its shape: our keys, bearers, S3 signatures, tokens and shares in paths, pairing codes,
#: and passwords in URLs.
_SECRETS = re.compile(
    r"\bmk_[A-Za-z0-9_-]+"
    r"|(?<=Bearer )[^\s\"',}]+"
    r"|(?<=X-Amz-Signature=)[0-9a-fA-F]+|(?<=Signature=)[0-9a-fA-F]{16,}"
    r"|(?<=X-Amz-Credential=)[^&\s\"']+|(?<=Credential=)[^&,\s\"']+"
    r"|(?<=/t/)[0-9]{1,12}-[A-Za-z0-9_-]{22}|(?<=/s/)[A-Za-z0-9_-]{8,}|(?<=/pair#)[A-Za-z0-9-]+"
    r"|(?<=://)[^/\s@\"']*:[^/\s@\"']*(?=@)"
)


def configure(level: str, form: str, secrets: Collection[str] = ()) -> None:
    """Log to stderr from now on. form: `json` or `text`. secrets: words that are hidden wherever they turn up."""
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
    ]
    last: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    last += [structlog.processors.format_exc_info, Redaction(secrets)]
    last += [structlog.processors.JSONRenderer(ensure_ascii=False) if form == "json" else Text()]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=last))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread


class Redaction:
    """Hides secrets in every text of a line: those it was told, and what has the shape of one."""

    def __init__(self, secrets: Collection[str] = ()) -> None:
        words = sorted({word for word in secrets if len(word) >= 8}, key=len, reverse=True)
        known = "|".join(map(re.escape, words))
        self._pattern = re.compile(f"{known}|{_SECRETS.pattern}") if known else _SECRETS

    def __call__(self, logger: object, method: str, line: EventDict) -> EventDict:
        for name, value in line.items():
            if isinstance(value, str):
                line[name] = self.hide(value)
            elif not isinstance(value, int | float | bool | None):
                line[name] = self.hide(str(value))
        return line

    def hide(self, text: str) -> str:
        """`text` without its secrets."""
        return self._pattern.sub(_HIDDEN, text)


class Text:
    """A line for people: time, level, logger, sentence, then what else is known; a traceback below."""

    def __call__(self, logger: object, method: str, line: EventDict) -> str:
        head = f"{line.pop('time')} {line.pop('level').upper()} {line.pop('logger')}: {line.pop('event')}"
        trace = line.pop("exception", None)
        facts = " ".join(f"{name}={value}" for name, value in line.items())
        return "\n".join(filter(None, (f"{head}  {facts}".rstrip(), trace)))


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    logging.getLogger("appliance").critical("ended by %s", kind.__name__, exc_info=(kind, error, trace))


def _uncaught_in_thread(failure: threading.ExceptHookArgs) -> None:
    if failure.exc_value is None or issubclass(failure.exc_type, SystemExit):
        return
    name = failure.thread.name if failure.thread else "?"
    details = (failure.exc_type, failure.exc_value, failure.exc_traceback)
    logging.getLogger("appliance").error("the thread %s ended", name, exc_info=details)
