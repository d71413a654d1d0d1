"""Signatures, held against botocore's and against Amazon's own worked examples."""

from datetime import UTC, datetime
from unittest import mock
from urllib.parse import parse_qsl, urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import example, given
from hypothesis import strategies as st

from appliance.storage.sigv4 import MAX_EXPIRES_S, BucketAddress, Signer

ACCESS_KEY, SECRET_KEY = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
ADDRESS = BucketAddress.path_style("http://127.0.0.1:9000", "media")
NOW = 1_700_000_000_000_000

keys = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60) | st.from_regex(
    r"[a-zA-Z0-9 +%~/_.&=?#@:;,'()*!$-]{1,60}", fullmatch=True
)
tokens = st.from_regex(r"[!-9;-~]([ -~]{0,40}[!-~])?", fullmatch=True)
headers = st.dictionaries(
    st.sampled_from(["content-type", "content-length", "if-none-match", "x-amz-checksum-sha256", "x-amz-meta-a"]),
    tokens,
)
queries = st.dictionaries(
    st.from_regex(r"[a-zA-Z0-9_.~-]{1,20}", fullmatch=True).filter(lambda name: not name.startswith("X-Amz-")),
    st.text(st.characters(codec="utf-8"), max_size=40),
    max_size=4,
)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))
session_tokens = st.none() | st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)


def microseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


def botocore_request(method: str, key: str, headers: dict[str, str], query: dict[str, str]) -> AWSRequest:
    return AWSRequest(method=method, url=ADDRESS.origin + ADDRESS.path(key), headers=headers, params=query)


@given(keys, headers, queries, moments, st.integers(1, MAX_EXPIRES_S), session_tokens)
@example(
    "a b+c%20~é/ß 😀.mp4",
    {"content-type": "video/mp4"},
    {"a-b": "", "a": "/ +&="},
    datetime(2026, 1, 1, tzinfo=UTC),
    60,
    "t/+=",
)
def test_presigned_urls_are_those_of_botocore(
    key: str, headers: dict[str, str], query: dict[str, str], moment: datetime, expires_s: int, token: str | None
) -> None:
    signer = Signer(ACCESS_KEY, SECRET_KEY, "eu-central-1", session_token=token)
    ours = signer.presign(
        "PUT", ADDRESS, key, now=microseconds(moment), expires_s=expires_s, headers=headers, query=query
    )
    request = botocore_request("PUT", key, headers, query)
    theirs = S3SigV4QueryAuth(Credentials(ACCESS_KEY, SECRET_KEY, token), "s3", "eu-central-1", expires=expires_s)
    with mock.patch("botocore.auth.get_current_datetime", return_value=moment):
        theirs.add_auth(request)
    expected = urlsplit(request.url)
    assert urlsplit(ours)[:3] == expected[:3]
    assert dict(parse_qsl(urlsplit(ours).query, keep_blank_values=True)) == dict(
        parse_qsl(expected.query, keep_blank_values=True)
    )


@given(keys, headers, queries, moments, st.binary(max_size=100), session_tokens)
def test_authorized_calls_are_those_of_botocore(
    key: str, headers: dict[str, str], query: dict[str, str], moment: datetime, body: bytes, token: str | None
) -> None:
    signer = Signer(ACCESS_KEY, SECRET_KEY, "us-east-1", session_token=token)
    url, ours = signer.authorize(
        "POST", ADDRESS, key, now=microseconds(moment), headers=headers, query=query, body=body
    )
    request = botocore_request("POST", key, headers, query)
    request.data = body
    request.context["payload_signing_enabled"] = True
    theirs = S3SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY, token), "s3", "us-east-1")
    with mock.patch("botocore.auth.get_current_datetime", return_value=moment):
        theirs.add_auth(request)
    assert ours["authorization"] == request.headers["Authorization"]
    assert dict(parse_qsl(urlsplit(url).query, keep_blank_values=True)) == query


def test_the_presigned_example_of_the_s3_reference() -> None:
    address = BucketAddress("https://examplebucket.s3.amazonaws.com", "examplebucket.s3.amazonaws.com", "/")
    signer = Signer(ACCESS_KEY, SECRET_KEY, "us-east-1")
    midnight = microseconds(datetime(2013, 5, 24, tzinfo=UTC))
    assert signer.presign("GET", address, "test.txt", now=midnight, expires_s=86400) == (
        "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )


def test_the_authorized_example_of_the_s3_reference() -> None:
    address = BucketAddress("https://examplebucket.s3.amazonaws.com", "examplebucket.s3.amazonaws.com", "/")
    signer = Signer(ACCESS_KEY, SECRET_KEY, "us-east-1")
    midnight = microseconds(datetime(2013, 5, 24, tzinfo=UTC))
    url, headers = signer.authorize("GET", address, "", now=midnight, query={"lifecycle": ""})
    assert url == "https://examplebucket.s3.amazonaws.com/?lifecycle="
    assert headers["authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
        "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
        "Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
    )


def test_a_signer_that_lives_over_midnight_signs_for_the_new_day() -> None:
    signer = Signer(ACCESS_KEY, SECRET_KEY, "us-east-1")
    midnight = microseconds(datetime(2026, 3, 1, tzinfo=UTC))
    before = signer.presign("GET", ADDRESS, "a", now=midnight - 1, expires_s=60)
    after = signer.presign("GET", ADDRESS, "a", now=midnight, expires_s=60)
    assert "20260228T235959Z" in before
    assert "20260301T000000Z" in after
    assert after == Signer(ACCESS_KEY, SECRET_KEY, "us-east-1").presign("GET", ADDRESS, "a", now=midnight, expires_s=60)


@pytest.mark.parametrize(
    ("base_url", "host"),
    [
        ("http://Media.Local:9000", "media.local:9000"),
        ("http://media.local:80", "media.local"),
        ("https://media.local:443/", "media.local"),
        ("https://media.local:80", "media.local:80"),
        ("http://[fe80::1]:9000", "[fe80::1]:9000"),
        ("http://[::1]", "[::1]"),
    ],
)
def test_the_signed_host_is_the_one_that_clients_send(base_url: str, host: str) -> None:
    assert BucketAddress.path_style(base_url, "media").host == host


@pytest.mark.parametrize("base_url", ["media.local:9000", "ftp://media.local", "http://", "http://media.local/s3"])
def test_an_address_that_is_no_base_url_is_refused(base_url: str) -> None:
    with pytest.raises(ValueError, match="not the base URL"):
        BucketAddress.path_style(base_url, "media")


@pytest.mark.parametrize("expires_s", [0, -1, MAX_EXPIRES_S + 1])
def test_a_life_that_s3_would_refuse_is_refused(expires_s: int) -> None:
    with pytest.raises(ValueError, match="lives 1 to"):
        Signer(ACCESS_KEY, SECRET_KEY, "us-east-1").presign("GET", ADDRESS, "a", now=NOW, expires_s=expires_s)
