"""How a check says that something is wrong."""


class Trouble(Exception):
    """What was seen, and what to do about it."""

    def __init__(self, seen: str, advice: str) -> None:
        super().__init__(seen)
        self.advice = advice
