"""What the answers of a store mean to those who must decide whether to try again."""

import pytest

from appliance.domain.errors import (
    NoSuchUpload,
    ObjectMissing,
    PreconditionFailed,
    StoreError,
    StoreRejected,
    StoreUnavailable,
)
from appliance.storage.s3_errors import refusal


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (404, "NoSuchKey", ObjectMissing),
        (404, "NoSuchUpload", NoSuchUpload),
        (404, "NoSuchBucket", StoreUnavailable),
        (412, "PreconditionFailed", PreconditionFailed),
        (403, "SignatureDoesNotMatch", StoreRejected),
        (400, "InvalidPart", StoreRejected),
        (501, "NotImplemented", StoreRejected),
        (400, "RequestTimeout", StoreUnavailable),
        (409, "OperationAborted", StoreUnavailable),
        (429, "TooManyRequests", StoreUnavailable),
        (500, "", StoreUnavailable),
        (503, "SlowDown", StoreUnavailable),
        (507, "XMinioStorageFull", StoreUnavailable),
        (200, "InternalError", StoreUnavailable),
    ],
)
def test_each_refusal_says_whether_trying_again_can_help(status: int, code: str, expected: type[StoreError]) -> None:
    assert type(refusal(status, code, "why")) is expected


def test_the_sentence_names_what_the_store_said() -> None:
    assert str(refusal(403, "AccessDenied", "Access Denied.")) == (
        "The object store answered 403 AccessDenied: Access Denied."
    )
    assert str(refusal(500, "", "")) == "The object store answered 500"
