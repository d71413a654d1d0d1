"""Which object stores there are: the one table that names them, by the setting `MEDIA_STORE`."""

from collections.abc import Mapping

from appliance.storage.s3 import S3Store

STORES: Mapping[str, type[S3Store]] = {"minio": S3Store}
