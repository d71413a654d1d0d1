"""Room on the disk of the store: when people are warned, and when new uploads are refused."""

from dataclasses import dataclass

from appliance.domain.sizes import readable

#: Room has to come back so much above a mark before it counts as back.
_CLEARLY = 1.1
#: But no more than this before uploads are said to be taken again, as they are by then.
_CLEARLY_BYTES = 100_000_000


@dataclass(frozen=True, slots=True)
class Watermarks:
    """min_free: bytes that uploads leave free; 0 refuses none. warn_percent: share of the disk under which people
    are told.
    """

    min_free: int
    warn_percent: float

    def refusal(self, *, free: int, promised: int, size: int) -> str | None:
        """Why a new file of `size` bytes is refused, None where it fits. promised: to uploads that have begun.

        Bytes that those have stored already count twice until they are finished: too careful rather than too late.
        """
        if not self.min_free or free - promised - size >= self.min_free:
            return None
        taken = f" and {readable(promised)} promised to uploads that have begun" if promised else ""
        return (
            f"The disk of the store is full: {readable(free)} are free, {readable(self.min_free)} of them kept back"
            f"{taken}, so there is no room for {readable(size)}. What has begun goes on; new uploads wait until space"
            " is freed."
        )

    def full(self, *, free: int, standing: bool = False) -> bool:
        """Whether new uploads are refused, whatever their size. standing: they were a moment ago."""
        margin = min(self.min_free * (_CLEARLY - 1), _CLEARLY_BYTES) if standing else 0
        return free < self.min_free + margin

    def low(self, *, free: int, total: int, standing: bool = False) -> bool:
        """Whether people should make room."""
        mark = max(total * self.warn_percent / 100, self.min_free)
        return free < mark * (_CLEARLY if standing else 1)
