"""Troubles that people are to be told of, each once until it is over."""

from dataclasses import dataclass

from appliance.catalog.connection import Database


@dataclass(frozen=True, slots=True)
class Alarm:
    """One trouble. told_at: None until somebody was told. over_at: it has passed, and that is to be told.

    Times in Unix microseconds.
    """

    name: str
    sentence: str
    raised_at: int
    told_at: int | None
    over_at: int | None


_COLUMNS = ", ".join(Alarm.__slots__)


class Alarms:
    """By name, shared by all processes. Whoever finds something wrong raises; who finds it right again ends.

    Both are idempotent and tell nobody: that is the herald's work (services/herald.py).
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    def begin(self, name: str, sentence: str, *, now: int) -> None:
        """Something is wrong. Where it was so already, only the sentence is brought up to date."""
        self._db.write(
            lambda: self._db.execute(
                f"INSERT INTO alarm ({_COLUMNS}) VALUES (?, ?, ?, NULL, NULL)"
                " ON CONFLICT (name) DO UPDATE SET sentence = excluded.sentence, over_at = NULL",
                (name, sentence, now),
            )
        )

    def end(self, name: str, *, now: int) -> None:
        """It is right again. What nobody was told of is forgotten at once."""

        def work() -> None:
            self._db.execute("DELETE FROM alarm WHERE name = ? AND told_at IS NULL", (name,))
            self._db.execute("UPDATE alarm SET over_at = ? WHERE name = ? AND over_at IS NULL", (now, name))

        self._db.write(work)

    def told(self, name: str, *, now: int) -> None:
        """Somebody knows that it began."""
        self._db.write(
            lambda: self._db.execute("UPDATE alarm SET told_at = ? WHERE name = ? AND told_at IS NULL", (now, name))
        )

    def forget(self, name: str) -> None:
        """Somebody knows that it is over; one that began again meanwhile stays."""
        self._db.write(lambda: self._db.execute("DELETE FROM alarm WHERE name = ? AND over_at IS NOT NULL", (name,)))

    def all(self) -> list[Alarm]:
        """Oldest first, those that are over included until that was told."""
        return [Alarm(*row) for row in self._db.query(f"SELECT {_COLUMNS} FROM alarm ORDER BY raised_at, name")]
