"""How a file of a given size is to be sent: in one PUT, or in how many parts of what size."""

import math
from dataclasses import dataclass

MIB = 1024 * 1024
PUT_LIMIT = 64 * MIB
MIN_PART = 16 * MIB
MAX_PARTS = 10_000
PLANNED_PARTS = 9_000
MAX_SIZE = 5 * 1024**4  # Amazon S3 and MinIO: the largest object
FIRST_PARTS = 16
URLS_PER_CALL = 100

URL_SECONDS = 3600
PUT_SESSION_SECONDS = 24 * 3600
MULTIPART_SESSION_SECONDS = 7 * 24 * 3600
TRASH_SECONDS = 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class UploadPlan:
    """protocol: `put` or `multipart`. part_size in bytes; the last part may be shorter."""

    protocol: str
    size: int
    part_size: int
    part_count: int

    @property
    def session_seconds(self) -> int:
        return PUT_SESSION_SECONDS if self.protocol == "put" else MULTIPART_SESSION_SECONDS

    def size_of_part(self, number: int) -> int:
        """Bytes in part `number`, counted from 1."""
        if not 1 <= number <= self.part_count:
            raise ValueError(f"part {number} of {self.part_count}")
        return min(self.part_size, self.size - (number - 1) * self.part_size)


def plan_upload(size: int) -> UploadPlan:
    """The way to send `size` bytes: `put` under 64 MiB, else equal parts of at least 16 MiB, at most 10,000."""
    if size < PUT_LIMIT:
        return UploadPlan("put", size, size, 1)
    part = max(MIN_PART, math.ceil(math.ceil(size / PLANNED_PARTS) / MIB) * MIB)
    return UploadPlan("multipart", size, part, math.ceil(size / part))


def playback_seconds(duration: float | None) -> int:
    """How long a playback token lives: twice the running time, at least an hour."""
    return max(3600, math.ceil(2 * (duration or 0)))
