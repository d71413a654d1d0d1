"""Ten thousand event bodies, always the same ones: garbage, copies, lies and truths, in no order."""

import hashlib
import json
import random
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

from appliance.domain.keys import ObjectKey
from appliance.domain.kinds import Kind

SEED = 20_260
FILES = 240
BODIES = 10_000
_DISTINCT = 2_500
_COPIES = 3_000


@dataclass(frozen=True, slots=True)
class Case:
    """One file of the flood. what: which of CASES it is."""

    what: str
    key: ObjectKey


#: What is so before the first event: of the record, and of the object in the store.
CASES = (
    "record waits, object is there",
    "record waits, no object",
    "record cancelled, object is there",
    "record deleted, object is there",
    "record ready, object was removed",
    "record ready, object is the same",
    "record ready, object was overwritten",
    "record timed out, object is there",
    "record trashed, object is there",
    "no record, object is there",
    "no record, no object",
    "no tenant, object is there",
)


def cases() -> list[Case]:
    """The files, with ids that never change."""
    made = []
    for number in range(FILES):
        what = CASES[number % len(CASES)]
        digest = hashlib.sha256(f"file {number}".encode()).digest()
        tenant = "nobody" if what.startswith("no tenant") else "red"
        made.append(Case(what, ObjectKey(Kind.FILE, tenant, str(uuid.UUID(bytes=digest[:16], version=4)), "bin")))
    return made


def bodies(files: list[Case]) -> list[bytes]:
    """What is sent, in the order in which it is sent; at least one understandable event for every file."""
    chance = random.Random(SEED)
    events = [_event(chance, str(case.key)) for case in files]
    events += [_event(chance, str(chance.choice(files).key)) for _ in range(_DISTINCT - len(events))]
    copies = [chance.choice(events) for _ in range(_COPIES)]
    garbage = [_garbage(chance, events) for _ in range(BODIES - len(events) - len(copies))]
    sent = events + copies + garbage
    chance.shuffle(sent)
    return sent


def _event(chance: random.Random, key: str) -> bytes:
    name = chance.choice(["s3:ObjectCreated:Put", "s3:ObjectCreated:Copy", "s3:ObjectRemoved:Delete"])
    item: dict[str, Any] = {"key": quote_plus(key), "sequencer": f"{chance.getrandbits(64):X}"}
    if "Created" in name:
        item |= {"size": chance.randrange(10**6), "eTag": f"{chance.getrandbits(128):032x}"}
    record = {"eventName": name, "s3": {"bucket": {"name": "media"}, "object": item}}
    return json.dumps({"EventName": name, "Key": f"media/{key}", "Records": [record]}).encode()


def _garbage(chance: random.Random, events: list[bytes]) -> bytes:
    event = chance.choice(events)
    kind = chance.randrange(5)
    if kind == 0:
        return chance.randbytes(chance.randrange(300))
    if kind == 1:
        return event[: chance.randrange(len(event) - 1)]
    if kind == 2:
        cut = chance.randrange(len(event))
        return event[:cut] + chance.randbytes(3) + event[cut + 3 :]
    if kind == 3:
        return _event(
            chance, chance.choice(["videos/red/x.mp4", "../../etc/passwd", "files//", "", "\u202e", "a" * 3000])
        )
    return json.dumps(chance.choice([None, 1, [], {}, {"Records": None}, {"Records": [{}]}, {"Records": "x"}])).encode()
