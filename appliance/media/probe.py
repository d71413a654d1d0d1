"""Looking into media files, in child processes that may die of what they find there."""

from appliance.domain.kinds import Kind
from appliance.domain.media import MediaFacts
from appliance.domain.sources import Source
from appliance.media.analysis import source_of
from appliance.media.children import ChildPool
from appliance.media.facts import facts_of


class Probe:
    """A child has limits on memory and processor time, writes no files, knows no credentials, and is killed with its
    process group when a file takes longer than `limit_s` seconds. Safe for several threads.
    """

    def __init__(self, *, limit_s: float = 60.0) -> None:
        self._children = ChildPool("appliance.media.probe_child", limit_s=limit_s)

    def probe(self, url: str, *, kind: Kind, ext: str) -> MediaFacts:
        """What is behind an HTTP URL, read by ranges: a large file costs little more than a small one.

        kind, ext: what its name says. Raises Malformed, TypeMismatch, ResourceLimit: the file will not get better;
        ProbeUnavailable: the store did not give us its bytes.
        """
        return facts_of(self._children.ask({"url": url}).fields["facts"], kind, ext)

    def analyse(self, location: str) -> Source:
        """What an encoder must know of the file behind an HTTP URL or a path; some seconds of it are read.

        Raises as `probe` does.
        """
        return source_of(self._children.ask({"url": location, "closely": True}).fields["facts"])

    def close(self) -> None:
        """End all children; who waits for one gets ProbeUnavailable. Idempotent."""
        self._children.close()
