"""The edge's nginx configuration, as a pure function of what it serves and where.

Links, all by GET and HEAD:

    /{key}                   the permanent link
    /download/{key}          the same as an attachment under the original's name
    /t/{token}/{key}         the same for private files; the token is part of the path, so relative URLs inherit it
    /t/{token}/download/{key}
    /image/{transformation}/{key}              an original as a picture, transformed; also behind a token,
    /image/s--{signature}--/{transformation}/{key}   and signed, where the appliance is strict

`key` is an original's key or `renditions/{tenant}/{uuid}/…`. Everything else is 404; `/healthz` is the edge's own.
"""

import os
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from appliance.domain.hosts import url_host
from appliance.domain.keys import EXT_PATTERN, KINDS, TENANT_PATTERN, UUID_PATTERN
from appliance.edge import contract

#: Bytes of one slice: what one request to the store brings, and the size of one cache file.
SLICE_BYTES = 4 * 1024 * 1024

ORIGINAL_PATTERN = rf"(?:{'|'.join(KINDS)})/{TENANT_PATTERN}/{UUID_PATTERN}\.{EXT_PATTERN}"
KEY_PATTERN = (
    rf"(?:{ORIGINAL_PATTERN}"
    rf"|renditions/{TENANT_PATTERN}/{UUID_PATTERN}(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+)"
)

_HIDDEN = (
    "Vary", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Headers",
    "Access-Control-Allow-Methods", "Access-Control-Expose-Headers", "Access-Control-Max-Age",
    "Content-Security-Policy", "Strict-Transport-Security", "X-Content-Type-Options", "X-Xss-Protection",
    "X-Ratelimit-Limit", "X-Ratelimit-Remaining", "x-amz-id-2", "x-amz-request-id", "x-amz-bucket-region",
    "x-amz-version-id", "x-amz-delete-marker", "x-amz-expiration", "x-amz-restore", "x-amz-storage-class",
    "x-amz-mp-parts-count", "x-amz-tagging-count", "x-amz-replication-status", "x-amz-object-lock-mode",
    "x-amz-object-lock-retain-until-date", "x-amz-object-lock-legal-hold", "x-amz-server-side-encryption",
    "x-amz-checksum-type", "x-amz-checksum-crc32", "x-amz-checksum-crc32c", "x-amz-checksum-crc64nvme",
    "x-amz-checksum-sha1", "x-amz-checksum-sha256", "x-amz-meta-mtime", "x-amz-meta-md5chksum",
    "x-amz-meta-mc-attrs", "x-amz-meta-s3cmd-attrs", "x-amz-meta-file-owner", "x-amz-meta-file-group",
    "x-amz-meta-file-permissions", "x-amz-meta-file-atime", "x-amz-meta-file-mtime", "X-Minio-Deployment-Id",
    "X-Minio-Error-Code", "X-Minio-Error-Desc",
)  # fmt: skip

# Browsers show a film or picture in a document of their own, which needs img, media and inline style; no script runs.
_CSP = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox"


@dataclass(frozen=True, slots=True)
class EdgeConfig:
    """run_dir: configuration, pid and temporary files. cache_dir: the cache, which may be lost.

    cache_bytes: size of the media cache. store_url and bucket: where originals and renditions are; https is checked
    against `ca_file`. authorize_url: the API's listener for the edge, plain http. secret: sent to the store as
    Referer and to the API. has_slice: the build knows the slice module; without it ranges and objects over 64 MiB
    are not cached. unused_modules: of fastcgi, uwsgi, scgi, those that the build was made without.
    image_url: where pictures are transformed, plain http.
    user: the account of the worker processes, where nginx starts as root; else empty.
    """

    run_dir: Path
    cache_dir: Path
    bind: str
    port: int
    cache_bytes: int
    store_url: str
    bucket: str
    authorize_url: str
    image_url: str
    secret: str
    has_slice: bool
    workers: int = 2
    cors_origins: tuple[str, ...] = ("*",)
    unused_modules: frozenset[str] = frozenset()
    user: str = ""
    ca_file: str = ""


class _ConfigTemplate(Template):
    delimiter = "%"


def render(config: EdgeConfig) -> str:
    """The whole configuration; it holds the secret, so keep it in a file of mode 0600."""
    template = resources.files("appliance.edge").joinpath("nginx.conf.template").read_text(encoding="utf-8")
    store, api, image = (urlsplit(url) for url in (config.store_url, config.authorize_url, config.image_url))
    return _ConfigTemplate(template).substitute(
        user=f"user {config.user};\n" if config.user else "",
        workers=config.workers,
        run_dir=config.run_dir,
        cache_dir=config.cache_dir,
        cache_bytes=config.cache_bytes,
        hits_log=contract.HITS_LOG,
        unused_temp_paths=_unused_temp_paths(config),
        listen=f"{url_host(config.bind)}:{config.port}",
        key_pattern=KEY_PATTERN,
        bucket=config.bucket,
        secret=config.secret,
        store_scheme=store.scheme,
        store_host=store.netloc,
        store_address=store.netloc if store.port else f"{store.netloc}:{443 if store.scheme == 'https' else 80}",
        store_tls=_store_tls(store.hostname or "", config.ca_file) if store.scheme == "https" else "",
        api_address=api.netloc,
        authorize_path=api.path,
        answer_seconds=contract.ANSWER_SECONDS,
        reason_token=contract.REASON_TOKEN,
        hidden_headers="\n".join(f"            proxy_hide_header {name};" for name in _HIDDEN),
        cors_map=_cors_map(config.cors_origins),
        headers=_headers(config.cors_origins),
        caching=_caching(config.has_slice),
        original_pattern=ORIGINAL_PATTERN,
        image_address=image.netloc,
        image_path=image.path,
    )


def _unused_temp_paths(config: EdgeConfig) -> str:
    # nginx makes these folders at its start, used or not; where it was built to, an ordinary user may not.
    modules = sorted({"fastcgi", "uwsgi", "scgi"} - config.unused_modules)
    return "\n".join(f'    {name}_temp_path "{config.run_dir}/temp/{name}";' for name in modules)


def _store_tls(host: str, ca_file: str) -> str:
    return f"""\
            proxy_ssl_server_name on;
            proxy_ssl_name "{host}";
            proxy_ssl_verify on;
            proxy_ssl_verify_depth 4;
            proxy_ssl_trusted_certificate "{ca_file}";"""


def _cors_map(origins: tuple[str, ...]) -> str:
    if "*" in origins:
        return ""
    allowed = "\n".join(f'        "{origin}" $http_origin;' for origin in origins)
    return f'    map $http_origin $allowed_origin {{\n        default "";\n{allowed}\n    }}'


def _headers(origins: tuple[str, ...]) -> str:
    any_origin = "*" in origins
    values = {
        "Access-Control-Allow-Origin": '"*"' if any_origin else "$allowed_origin",
        "Access-Control-Expose-Headers": '"Accept-Ranges, Content-Disposition, Content-Length, Content-Range, ETag"',
        "Access-Control-Allow-Methods": "$preflight_methods",
        "Access-Control-Allow-Headers": "$preflight_headers",
        "Access-Control-Max-Age": "$preflight_age",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Content-Security-Policy": f'"{_CSP}"',
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    if not any_origin:
        values["Vary"] = "Origin"
    return "\n".join(f"            add_header {name} {value} always;" for name, value in values.items())


def _caching(has_slice: bool) -> str:
    if has_slice:
        return f"""\
            slice {SLICE_BYTES};
            proxy_set_header Range $slice_range;
            proxy_cache_key "$key$slice_range";
            proxy_cache_bypass $fresh;
            proxy_no_cache $fresh $media_uncached;"""
    return """\
            proxy_set_header Range $http_range;
            proxy_set_header If-Range $http_if_range;
            proxy_cache_key "$key";
            proxy_cache_bypass $fresh $http_range;
            proxy_no_cache $fresh $http_range $large $media_uncached;"""


def install(config: EdgeConfig) -> Path:
    """Make the folders that nginx needs and write the configuration, mode 0600; its path. Idempotent.

    Raises OSError where a folder cannot be written.
    """
    for folder in (config.run_dir / "temp", config.cache_dir / "media", config.cache_dir / "answers"):
        folder.mkdir(parents=True, exist_ok=True)
    path = config.run_dir / "nginx.conf"
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(render(config))
    return path
