"""Every error of the SDK, of HTTP and of S3, translated once into the appliance's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from xml.etree.ElementTree import ParseError

from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from urllib3.exceptions import HTTPError

from appliance.domain.errors import (
    NoSuchUpload,
    ObjectMissing,
    PreconditionFailed,
    StoreError,
    StoreRejected,
    StoreUnavailable,
)

_BY_CODE = {"NoSuchKey": ObjectMissing, "NoSuchUpload": NoSuchUpload, "PreconditionFailed": PreconditionFailed}
#: A bucket is missing while the store's disk is not mounted.
_PASSING_CODES = frozenset(
    {"NoSuchBucket", "RequestTimeout", "SlowDown", "InternalError", "OperationAborted", "ConditionalRequestConflict"}
)
_PASSING_STATUS = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


def refusal(status: int, code: str, message: str) -> StoreError:
    """The error that an answer of the store stands for (Amazon S3 API reference, "Error responses")."""
    sentence = f"The object store answered {status} {code}: {message}".rstrip(": ")
    if code in _BY_CODE:
        return _BY_CODE[code](sentence)
    failing = status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.NOT_IMPLEMENTED
    if failing or status in _PASSING_STATUS or code in _PASSING_CODES:
        return StoreUnavailable(sentence)
    return StoreRejected(sentence)


@contextmanager
def store_errors() -> Iterator[None]:
    """Within, what the SDK and HTTP raise comes out as a StoreError. ValueError is the SDK's for an impossible key."""
    try:
        yield
    except S3Error as error:
        raise refusal(error.response.status, _code(error), error.message or "") from error
    except ServerError as error:
        raise refusal(error.status_code, "", "") from error
    except (InvalidResponseError, ParseError) as error:
        raise StoreUnavailable("What answers in the object store's place does not speak S3.") from error
    except HTTPError as error:
        raise StoreUnavailable(f"The object store does not answer ({type(error).__name__}).") from error
    except (MinioException, ValueError) as error:
        raise StoreRejected(f"The object store cannot do that: {error}.") from error


def _code(error: S3Error) -> str:
    """A refused HEAD has no body and the SDK takes a missing bucket for a missing object; MinIO says it in a header."""
    return error.response.headers.get("x-minio-error-code") or error.code or ""
