"""Every error the appliance raises on purpose, in one tree.

SDK and driver errors are translated into these once, at the adapter that talks to the SDK.

    ApplianceError
    ├── RequestError               what a caller asked for cannot be done
    │   ├── InvalidRequest         a field is malformed; `field` names it
    │   ├── HostNotAccepted        the request came by a host name that is not ours
    │   ├── Unauthorized           no key, or one that is unknown, expired or revoked
    │   ├── Forbidden              the key lacks the scope
    │   ├── NotFound               no such thing in this tenant
    │   ├── Conflict               the thing is in a state that does not allow it
    │   ├── IdempotencyMismatch    an Idempotency-Key came again with another request
    │   ├── Gone                   it was there and will not come back (an old cursor)
    │   ├── TooLarge               over a limit of the appliance
    │   ├── QuotaExceeded          over the tenant's quota
    │   └── StorageFull            the disk is at its watermark
    ├── StoreError                 the object store
    │   ├── ObjectMissing          no such object
    │   ├── NoSuchUpload           no such multipart upload: completed, aborted or never begun
    │   ├── PreconditionFailed     the object exists already, or changed
    │   ├── StoreRejected          the store refused for good (signature, policy, bad part)
    │   └── StoreUnavailable       not reachable or overloaded; try again
    ├── CatalogError
    │   ├── CatalogBusy            the database did not answer in time; try again
    │   └── CatalogTooNew          written by a newer version of the appliance
    ├── ProcessingError            a service could not make sense of the bytes; `type` is public
    │   ├── Malformed              not what its name says, or damaged
    │   ├── TypeMismatch           a good file, but of another kind than declared
    │   ├── NoDecoder              maybe a good file, but in a form that nothing here can decode
    │   ├── ChecksumMismatch       the bytes are not those the client hashed
    │   ├── ResourceLimit          decoding took more time or memory than a file may take
    │   ├── DurationLimit          it runs longer than a file may
    │   ├── TranscodeFailed        the encoder gave up for a reason that lies not in the file
    │   │   └── NoRoom             a disk has no room for what is to be made; made as soon as it has
    │   ├── Cancelled              somebody asked for the end of the work
    │   └── ProbeUnavailable       the store went away while reading; try again
    ├── DependencyMissing          something beside store and catalog does not answer; requests do all the same
    └── SetupError                 the appliance cannot start; the sentence says what to do
"""

from typing import ClassVar


class ApplianceError(Exception):
    """Base of the tree.

    `type` is the stable public slug, `permanent` says that trying again cannot help, `outage` that something else is
    away and that nothing is wrong with what was asked. `str(error)` is one sentence for a person.
    """

    type: ClassVar[str] = "internal"
    permanent: ClassVar[bool] = True
    outage: ClassVar[bool] = False


class RequestError(ApplianceError):
    type = "bad_request"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class InvalidRequest(RequestError):
    type = "invalid"


class HostNotAccepted(RequestError):
    type = "host_not_accepted"


class Unauthorized(RequestError):
    type = "unauthorized"


class Forbidden(RequestError):
    type = "forbidden"


class NotFound(RequestError):
    type = "not_found"


class Conflict(RequestError):
    type = "conflict"


class IdempotencyMismatch(RequestError):
    type = "idempotency_mismatch"


class Gone(RequestError):
    type = "gone"


class TooLarge(RequestError):
    type = "too_large"


class QuotaExceeded(RequestError):
    type = "quota_exceeded"


class StorageFull(RequestError):
    type = "storage_full"


class StoreError(ApplianceError):
    type = "store_error"


class ObjectMissing(StoreError):
    type = "object_missing"


class NoSuchUpload(StoreError):
    type = "no_such_upload"


class PreconditionFailed(StoreError):
    type = "precondition_failed"


class StoreRejected(StoreError):
    type = "store_rejected"


class StoreUnavailable(StoreError):
    type = "store_unavailable"
    permanent = False
    outage = True


class CatalogError(ApplianceError):
    type = "catalog_error"


class CatalogBusy(CatalogError):
    type = "catalog_busy"
    permanent = False
    outage = True


class CatalogTooNew(CatalogError):
    type = "catalog_too_new"


class ProcessingError(ApplianceError):
    type = "processing_failed"


class Malformed(ProcessingError):
    type = "malformed"


class TypeMismatch(ProcessingError):
    type = "type_mismatch"


class NoDecoder(ProcessingError):
    type = "no_decoder"


class ChecksumMismatch(ProcessingError):
    type = "checksum_mismatch"


class ResourceLimit(ProcessingError):
    type = "resource_limit"


class DurationLimit(ProcessingError):
    type = "duration_limit"


class TranscodeFailed(ProcessingError):
    type = "transcode_failed"
    permanent = False


class NoRoom(TranscodeFailed):
    type = "no_room"
    outage = True


class Cancelled(ProcessingError):
    type = "cancelled"


class ProbeUnavailable(ProcessingError):
    type = "probe_unavailable"
    permanent = False
    outage = True


class DependencyMissing(ApplianceError):
    type = "dependency_missing"
    permanent = False


class SetupError(ApplianceError):
    type = "setup"
