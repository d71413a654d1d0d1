"""What a bucket on MinIO needs before the appliance can use it: to be there, its policy, its notifications.

Every step reads first and writes only what differs, so that it may run at each start.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from minio.error import S3Error
from minio.notificationconfig import NotificationConfig, PrefixFilterRule, QueueConfig

from appliance.ports.clock import Clock, system_clock
from appliance.storage.s3_connection import S3Connection
from appliance.storage.s3_errors import store_errors

#: By name: `s3:ObjectCreated:*` would tell of tags and retention too.
EVENT_NAMES = (
    "s3:ObjectCreated:Put",
    "s3:ObjectCreated:Post",
    "s3:ObjectCreated:Copy",
    "s3:ObjectCreated:CompleteMultipartUpload",
    "s3:ObjectRemoved:Delete",
)


@dataclass(frozen=True, slots=True)
class NotificationRule:
    """Events of keys under `prefix` go to the target `arn`, written without a region."""

    arn: str
    prefix: str
    events: frozenset[str]


class MinioBucket:
    """One bucket, as its administrator sees it. Arguments as S3Store's; raises as the object_store port does."""

    def __init__(
        self,
        endpoint_url: str,
        access_key: str,
        secret_key: str,
        bucket: str,
        region: str,
        clock: Clock = system_clock,
    ) -> None:
        self._bucket = bucket
        self._region = region
        self._client = S3Connection(endpoint_url, access_key, secret_key, bucket, region, clock).client

    def exists(self) -> bool:
        """Whether there is the bucket."""
        with store_errors():
            return bool(self._client.bucket_exists(self._bucket))

    def ensure_bucket(self) -> bool:
        """Make the bucket where it is not; whether it was made. Safe for several starters at once."""
        with store_errors():
            if self._client.bucket_exists(self._bucket):
                return False
            try:
                self._client.make_bucket(self._bucket, self._region)
            except S3Error as error:
                if error.code != "BucketAlreadyOwnedByYou":
                    raise
                return False
        return True

    def set_policy(self, edge_secret: str) -> bool:
        """Let anonymous readers GET objects, and no more, by `Referer: {edge_secret}` alone; whether that was new."""
        wanted = _referer_policy(self._bucket, edge_secret)
        with store_errors():
            if self._policy() == wanted:
                return False
            self._client.set_bucket_policy(self._bucket, json.dumps(wanted))
        return True

    def _policy(self) -> Any:
        try:
            return json.loads(self._client.get_bucket_policy(self._bucket))
        except S3Error as error:
            if error.code != "NoSuchBucketPolicy":
                raise
            return None

    def configure_notifications(self, arns: Iterable[str], prefixes: Iterable[str]) -> bool:
        """Send the named events of keys under `prefixes` to every target, and no others; whether that was new.

        arns: as `webhook_arn` makes them, of targets that the server was started with; StoreRejected for others.
        """
        prefixes = tuple(prefixes)
        wanted = [
            QueueConfig(list(EVENT_NAMES), prefix_filter_rule=PrefixFilterRule(prefix), queue=arn)
            for arn in arns
            for prefix in prefixes
        ]
        with store_errors():
            if self.notifications() == frozenset(map(_rule, wanted)):
                return False
            self._client.set_bucket_notification(self._bucket, NotificationConfig(queue_config_list=wanted))
        return True

    def notifications(self) -> frozenset[NotificationRule]:
        """The rules of the bucket as they are now."""
        with store_errors():
            config = self._client.get_bucket_notification(self._bucket)
        return frozenset(map(_rule, config.queue_config_list))


def webhook_arn(target: str) -> str:
    """The ARN of the webhook target that MINIO_NOTIFY_WEBHOOK_*_{target} defines; the server fills in its region."""
    return f"arn:minio:sqs::{target}:webhook"


def _rule(config: QueueConfig) -> NotificationRule:
    prefix = config.prefix_filter_rule.value if config.prefix_filter_rule else ""
    *_, target, kind = (config.queue or "").split(":")
    return NotificationRule(f"arn:minio:sqs::{target}:{kind}", prefix, frozenset(config.events))


def _referer_policy(bucket: str, edge_secret: str) -> dict[str, Any]:
    """In the form in which MinIO gives it back."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": ["*"]},
                "Action": ["s3:GetObject"],
                "Resource": [f"arn:aws:s3:::{bucket}/*"],
                "Condition": {"StringEquals": {"aws:Referer": [edge_secret]}},
            }
        ],
    }
