"""A vault in a bucket of any S3-compatible storage, configured by boto3's own environment.

Tried with Ceph RGW and rclone, over HTTP and TLS; docs/vault.md has the table.
"""

import io
import re
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlsplit

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.client import Config
from botocore.exceptions import ClientError

from onereel.adapters.disk import disk_errors, draft, make_folder, place_copy
from onereel.adapters.keys import check_key, check_prefix, is_key
from onereel.adapters.s3_errors import code_of, s3_errors, status_of
from onereel.errors import BadInput, VaultError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef, PutObjectRequestTypeDef

CLIENT = Config(
    signature_version="s3v4",
    s3={"addressing_style": "path"},
    retries={"mode": "standard", "total_max_attempts": 5},
    connect_timeout=5,
    max_pool_connections=32,
    # "when_supported" sends aws-chunked bodies over TLS, which RGW, GCS and others refuse (boto3 #4398, #4400).
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)
"""What works with every storage we know; see reference/media.md, section 6."""

MULTIPART_BYTES = 64 << 20
"""From here on files go in parts; below, one PUT is 2.4 times as fast (9 MB clips)."""

_TRANSFER = TransferConfig(
    multipart_threshold=MULTIPART_BYTES,
    multipart_chunksize=16 << 20,
    max_concurrency=4,
    preferred_transfer_client="classic",  # the other one ignores the endpoint and uploads to AWS (boto3 #4839)
)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_IMMUTABLE = re.compile(r"(^|/)media/[0-9a-f]{2}/[0-9a-f]{64}\.")
_A_YEAR = "public, max-age=31536000, immutable"
_PROBE = ".conditional-probe"
_PROBE_TEXT = b"Written by onereel to see whether this bucket honours If-None-Match. May be removed.\n"
_REFUSED_HEADER = {400, 501}
_TAKEN = {409, 412}
_ROUNDS = 5


class S3Vault:
    """Keeps files in a bucket, under a prefix; several machines may share it.

    ``create`` has exactly one winner where the storage honours ``If-None-Match`` (``conditional``). Elsewhere it
    looks first and then writes, so two that look at the same moment both win: something else must keep them apart.

    Args:
        url: ``s3://bucket`` or ``s3://bucket/prefix``. Endpoint, region and credentials come from boto3's own
            environment and files: ``AWS_ENDPOINT_URL_S3``, ``AWS_REGION``, ``AWS_ACCESS_KEY_ID``…
        settings: botocore settings to lay over ``CLIENT``, such as fewer attempts.

    Raises:
        BadInput: The URL or the endpoint has another form.
        VaultError: boto3's own configuration is broken.
    """

    def __init__(self, url: str, settings: Config | None = None) -> None:
        self.url = url.rstrip("/")
        self._bucket, self._prefix = _parse(self.url)
        self._client = _connect(settings)
        self._where = f"{self.url} at {urlsplit(self._client.meta.endpoint_url).netloc.rpartition('@')[2]}"
        self._lock = Lock()
        self._found = False
        self._conditional: bool | None = None

    @property
    def conditional(self) -> bool:
        """Whether ``create`` has exactly one winner: tried on a hidden scratch key once, then remembered."""
        with self._errors("cannot write to"), self._lock:
            if self._conditional is None:
                self._find()
                self._conditional = self._honours_conditions()
            return self._conditional

    def create(self, key: str, data: bytes, content_type: str) -> bool:
        """Store data under a key that holds nothing yet; see ``conditional`` for what that is worth."""
        return self._create(key, io.BytesIO(data), content_type)

    def write(self, key: str, data: bytes, content_type: str) -> None:
        """Store data under a key, replacing what was there; atomic."""
        with self._using(key, "cannot store"):
            self._client.put_object(
                Bucket=self._bucket, Key=self._full(key), Body=data, ContentType=content_type, CacheControl=_cache(key)
            )

    def read(self, key: str) -> bytes:
        """Return what is kept under a key."""
        with self._using(key, "cannot read"):
            return self._client.get_object(Bucket=self._bucket, Key=self._full(key))["Body"].read()

    def size(self, key: str) -> int:
        """Return the length in bytes of what is kept under a key."""
        with self._using(key, "cannot look up"):
            return self._client.head_object(Bucket=self._bucket, Key=self._full(key))["ContentLength"]

    def part(self, key: str, start: int, length: int) -> bytes:
        """Return bytes from the middle of what is kept under a key."""
        asked = f"bytes={start}-{start + length - 1}"
        with self._using(key, "cannot read"):
            return self._client.get_object(Bucket=self._bucket, Key=self._full(key), Range=asked)["Body"].read()

    def exists(self, key: str) -> bool:
        """Return whether anything is kept under a key."""
        with self._using(key, "cannot look up"):
            return self._head(key) is not None

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that start with a prefix, sorted; foreign objects that are no keys are left out."""
        check_prefix(prefix)
        pages = self._client.get_paginator("list_objects_v2")
        with self._errors(f"cannot list {prefix or 'everything'} in"):
            for page in pages.paginate(Bucket=self._bucket, Prefix=f"{self._prefix}{prefix}"):
                names = (kept["Key"].removeprefix(self._prefix) for kept in page.get("Contents", ()))
                yield from filter(is_key, names)

    def upload(self, key: str, path: Path, content_type: str) -> bool:
        """Store a local file under a key unless it is taken; nothing is sent when it is.

        From 64 MiB on it goes in parts, and no storage can be trusted to finish those on a condition (RGW ignores
        it): of two that upload a large file at once, the last one stays. Harmless for media, which are named by
        content. Parts of an upload that failed are removed; those of a killed process are not: let the bucket
        expire them (``AbortIncompleteMultipartUpload``).
        """
        with disk_errors(f"cannot read {path}"), path.open("rb") as file:
            size = path.stat().st_size
            if size < MULTIPART_BYTES:
                return self._create(key, file, content_type)
            return self._upload_in_parts(key, file, size, content_type)

    def download(self, key: str, path: Path) -> None:
        """Write what is kept under a key to a local file, atomically; streamed."""
        with self._using(key, "cannot read"), disk_errors(f"cannot write {path}"):
            make_folder(path.parent)
            with draft(path) as file:
                self._client.download_fileobj(self._bucket, self._full(key), file, Config=_TRANSFER)
                place_copy(file, path)

    def remove(self, key: str) -> None:
        """Forget a key. Removing what is not there is not an error."""
        with self._using(key, "cannot remove"):
            self._client.delete_object(Bucket=self._bucket, Key=self._full(key))

    def address(self, key: str) -> str:
        """Return its ``s3://`` URL."""
        return f"s3://{self._bucket}/{self._full(key)}"

    def _full(self, key: str) -> str:
        return f"{self._prefix}{check_key(key)}"

    def _errors(self, action: str) -> AbstractContextManager[None]:
        return s3_errors(f"{action} {self._where}")

    @contextmanager
    def _using(self, key: str, action: str) -> Iterator[None]:
        with self._errors(f"{action} {check_key(key)} in"):
            with self._lock:
                self._find()
            yield

    def _find(self) -> None:
        """Make sure, once, that the bucket is there: HEAD cannot tell a missing bucket from a missing key."""
        if not self._found:
            self._client.list_objects_v2(Bucket=self._bucket, Prefix=self._prefix, MaxKeys=1)
            self._found = True

    def _honours_conditions(self) -> bool:
        """Two conditional PUTs on one key: the second must be refused (the first is, when we were here before)."""
        for _ in range(2):
            try:
                self._client.put_object(
                    Bucket=self._bucket, Key=f"{self._prefix}{_PROBE}", Body=_PROBE_TEXT, IfNoneMatch="*"
                )
            except ClientError as error:
                if status_of(error) in _TAKEN:
                    return True
                if status_of(error) in _REFUSED_HEADER:
                    return False
                raise
        return False

    def _head(self, key: str) -> "HeadObjectOutputTypeDef | None":
        try:
            return self._client.head_object(Bucket=self._bucket, Key=self._full(key))
        except ClientError as error:
            if code_of(error) in {"404", "NoSuchKey"}:
                return None
            raise

    def _create(self, key: str, body: BinaryIO, content_type: str) -> bool:
        """Look, write on condition, and when refused look who was first.

        It may have been us: when an answer is lost, botocore sends the request again and is told that the key is
        taken. So each call signs what it writes.
        """
        writer = secrets.token_hex(16)
        with self._using(key, "cannot store"):
            for _ in range(_ROUNDS):
                kept = self._head(key)
                if kept is not None:
                    return _writer(kept) == writer
                if self._put_new(key, body, content_type, writer):
                    return True
        raise VaultError(f"cannot store {key} in {self._where}: it comes and goes; find out who removes it")

    def _put_new(self, key: str, body: BinaryIO, content_type: str, writer: str) -> bool:
        body.seek(0)
        put: PutObjectRequestTypeDef = {
            "Bucket": self._bucket,
            "Key": self._full(key),
            "Body": body,
            "ContentType": content_type,
            "CacheControl": _cache(key),
            "Metadata": {"writer": writer},
        }
        if self.conditional:
            put["IfNoneMatch"] = "*"
        try:
            self._client.put_object(**put)
        except ClientError as error:
            if status_of(error) in _TAKEN:
                return False
            raise
        return True

    def _upload_in_parts(self, key: str, file: BinaryIO, size: int, content_type: str) -> bool:
        with self._using(key, "cannot store"):
            if self._head(key) is not None:
                return False
            extra = {"ContentType": content_type, "CacheControl": _cache(key)}
            self._client.upload_fileobj(file, self._bucket, self._full(key), ExtraArgs=extra, Config=_TRANSFER)
            kept = self._head(key)
        if kept is None or kept["ContentLength"] != size:
            raise VaultError(f"{self.address(key)} is not the {size} bytes that were sent; remove it and run again")
        return True


def _parse(url: str) -> tuple[str, str]:
    """Return bucket and prefix; the prefix is empty or ends in a slash."""
    bucket, slash, prefix = url.removeprefix("s3://").partition("/")
    if not url.startswith("s3://") or not _BUCKET.fullmatch(bucket) or (slash and not is_key(prefix)):
        raise BadInput(f"{url[:200]!r} is not a bucket's address; write s3://bucket or s3://bucket/prefix")
    return bucket, f"{prefix}{slash}"


def _connect(settings: Config | None) -> "S3Client":
    with s3_errors("cannot set up the S3 client"):
        session = boto3.session.Session()
        try:
            return session.client(
                "s3",
                region_name=session.region_name or "us-east-1",
                config=CLIENT.merge(settings) if settings else CLIENT,
            )
        except ValueError as error:
            raise BadInput(f"{error}; correct AWS_ENDPOINT_URL_S3") from error


def _cache(key: str) -> str:
    """Return how long browsers may keep it: what is named by content for ever, the rest never unasked."""
    return _A_YEAR if _IMMUTABLE.search(key) else "no-cache"


def _writer(kept: "HeadObjectOutputTypeDef") -> str | None:
    """Return who signed an object; rclone gives metadata keys back with a capital."""
    return {name.lower(): value for name, value in kept["Metadata"].items()}.get("writer")
