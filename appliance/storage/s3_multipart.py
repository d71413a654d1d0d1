"""Multipart uploads: the calls that the SDK keeps to itself or lacks.

Source: Amazon S3 API reference, CreateMultipartUpload, ListParts, CompleteMultipartUpload, AbortMultipartUpload.
"""

from collections.abc import Sequence
from xml.etree import ElementTree

from appliance.domain.errors import NoSuchUpload
from appliance.ports.object_store import Part
from appliance.storage.s3_connection import S3Connection, text

_COMPLETE_S = 60.0  # the store may check and join 10,000 parts before it answers


def create(connection: S3Connection, key: str, content_type: str) -> str:
    root = connection.call("POST", key, query={"uploads": ""}, headers={"content-type": content_type})
    return text(root, "UploadId")


def list_parts(connection: S3Connection, key: str, upload_id: str) -> list[Part]:
    parts: list[Part] = []
    marker = "0"
    while marker:
        query = {"uploadId": upload_id, "part-number-marker": marker}
        root = connection.call("GET", key, query=query)
        if root is not None:
            parts += [_part(element) for element in root.findall("{*}Part")]
        marker = text(root, "NextPartNumberMarker") if text(root, "IsTruncated") == "true" else ""
    return parts


def _part(element: ElementTree.Element) -> Part:
    return Part(int(text(element, "PartNumber")), text(element, "ETag").strip('"'), int(text(element, "Size")))


def complete(connection: S3Connection, key: str, upload_id: str, parts: Sequence[tuple[int, str]]) -> str:
    document = ElementTree.Element("CompleteMultipartUpload")
    for number, etag in sorted(parts):
        part = ElementTree.SubElement(document, "Part")
        ElementTree.SubElement(part, "PartNumber").text = str(number)
        ElementTree.SubElement(part, "ETag").text = etag
    root = connection.call(
        "POST",
        key,
        query={"uploadId": upload_id},
        headers={"if-none-match": "*"},
        body=ElementTree.tostring(document),
        answer_s=_COMPLETE_S,
    )
    return text(root, "ETag").strip('"')


def abort(connection: S3Connection, key: str, upload_id: str) -> None:
    try:
        connection.call("DELETE", key, query={"uploadId": upload_id})
    except NoSuchUpload:
        return
