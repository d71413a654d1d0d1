"""What can go wrong between a client and its appliance, in one tree.

TransferError
├── NotConfigured        no address or no key to go with
├── Unreachable          the appliance or its store does not answer; trying again later may help
│   └── Broken           it answered before, and the connection was lost on the way
├── Refused              the appliance or its store said no; `type` is the problem's slug, `status` the HTTP status
├── SessionLost          the store has forgotten the upload's session, or finished it
├── Corrupted            the store has other bytes than were sent
├── SourceError          the file on disk
│   ├── SourceMissing    it is not there (any more)
│   ├── SourceUnreadable it cannot be read
│   └── SourceChanged    it changed while it was sent
├── NotAnAppliance       something else answers at the address
├── CertificateUnknown   nobody this system trusts vouches for the server, and no one has said yes to it yet
├── CertificateChanged   the server shows another certificate than the one that was said yes to
├── JournalInUse         another process has the journal open
├── TargetUnusable       a downloaded file cannot be put where it was to go
└── Interrupted          the caller asked for the end
"""

import errno
from pathlib import Path

_SENTENCES = {
    errno.EACCES: "there is no permission to read it",
    errno.EPERM: "there is no permission to read it",
    errno.EISDIR: "it is a folder",
    errno.ELOOP: "its links go in a circle",
    errno.EIO: "the disk reports an error",
    errno.ESTALE: "its drive has gone away",
    errno.ENXIO: "its drive has gone away",
    errno.ENODEV: "its drive has gone away",
    errno.ENAMETOOLONG: "its name is too long for this disk",
    errno.EMFILE: "too many files are open",
}
_MISSING = frozenset({errno.ENOENT, errno.ENOTDIR})


class TransferError(Exception):
    """`str(error)` is one sentence for a person; `problem` is the same for programs."""

    problem: str = "failed"


class NotConfigured(TransferError):
    problem = "not_configured"


class Unreachable(TransferError):
    problem = "unreachable"


class Broken(Unreachable):
    pass


class Refused(TransferError):
    """retry_after: seconds that the other side asked to wait; None where it did not."""

    def __init__(self, message: str, *, type_: str, status: int, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.type = type_
        self.problem = type_
        self.status = status
        self.retry_after = retry_after


class SessionLost(TransferError):
    problem = "session_lost"


class Corrupted(TransferError):
    problem = "checksum_mismatch"


class NotAnAppliance(TransferError):
    problem = "not_an_appliance"


class CertificateUnknown(TransferError):
    """address: host:port. fingerprint: the certificate's SHA-256, as `trust` writes it."""

    problem = "certificate_unknown"

    def __init__(self, message: str, *, address: str, fingerprint: str) -> None:
        super().__init__(message)
        self.address = address
        self.fingerprint = fingerprint


class CertificateChanged(CertificateUnknown):
    problem = "certificate_changed"


class JournalInUse(TransferError):
    problem = "journal_in_use"


class TargetUnusable(TransferError):
    problem = "target_unusable"


class SourceError(TransferError):
    problem = "source_unreadable"

    @staticmethod
    def of(path: Path, error: OSError) -> "SourceError":
        """What the system said of a file, in words."""
        if error.errno in _MISSING:
            return SourceMissing(f"{shown(path)} is not there any more.")
        said = _SENTENCES.get(error.errno or 0) or (error.strerror or type(error).__name__).lower()
        return SourceUnreadable(f"{shown(path)} cannot be read: {said}.")


class SourceMissing(SourceError):
    problem = "source_missing"


class SourceUnreadable(SourceError):
    problem = "source_unreadable"


class SourceChanged(SourceError):
    problem = "source_changed"


class Interrupted(TransferError):
    problem = "interrupted"


def shown(path: Path) -> str:
    """A path as a sentence can hold it: one line, valid text."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in str(path))
