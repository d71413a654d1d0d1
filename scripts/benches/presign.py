"""Signing upload URLs in process: ours against boto3, one thread each."""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import boto3
from botocore.config import Config

from appliance.ports.clock import system_clock
from appliance.storage.sigv4 import BucketAddress, Signer

ENDPOINT, ACCESS_KEY, SECRET_KEY, REGION, BUCKET = "http://127.0.0.1:9000", "access", "secret-key", "us-east-1", "media"
KEYS = [f"videos/default/6a7b3c58-50b5-4f43-9d5e-2f3c7f1f{number:04x}.mp4" for number in range(1000)]
SIZE = 1_234_567
ROUNDS = 3
SECONDS = 2.0


def run() -> dict[str, Any]:
    """URLs a second, medians of three alternating rounds. Both sign content-type, content-length, if-none-match."""
    sign_ours, sign_peer = _ours(), _peer()
    ours, peer = [], []
    for _ in range(ROUNDS):
        ours.append(_rate(sign_ours))
        peer.append(_rate(sign_peer))
    return {
        "bench": "presign",
        "ours": round(median(ours)),
        "peer": round(median(peer)),
        "unit": "URLs/s",
        "ratio": round(median(ours) / median(peer), 1),
        "aim": 60,
    }


def _ours() -> Callable[[str], object]:
    signer = Signer(ACCESS_KEY, SECRET_KEY, REGION)
    address = BucketAddress.path_style(ENDPOINT, BUCKET)

    def sign(key: str) -> object:
        headers = {"content-type": "video/mp4", "content-length": str(SIZE), "if-none-match": "*"}
        return signer.presign("PUT", address, key, now=system_clock(), expires_s=3600, headers=headers)

    return sign


def _peer() -> Callable[[str], object]:
    config = Config(
        signature_version="s3v4", s3={"addressing_style": "path"}, request_checksum_calculation="when_required"
    )
    client = boto3.client(
        "s3",
        endpoint_url=ENDPOINT,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        region_name=REGION,
        config=config,
    )
    fixed = {"Bucket": BUCKET, "ContentType": "video/mp4", "ContentLength": SIZE, "IfNoneMatch": "*"}

    def sign(key: str) -> object:
        return client.generate_presigned_url("put_object", Params={**fixed, "Key": key}, ExpiresIn=3600)

    return sign


def _rate(sign: Callable[[str], object]) -> float:
    """Signatures a second over two seconds, for a thousand keys in turn; the clock is read every hundred."""
    done = 0
    began = time.perf_counter()
    while (elapsed := time.perf_counter() - began) < SECONDS:
        for key in KEYS[done % len(KEYS) :][:100]:
            sign(key)
        done += 100
    return done / elapsed
