"""What object storage says when it cannot, in our words."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ReadTimeoutError,
    ResponseStreamingError,
    SSLError,
)
from s3transfer.exceptions import RetriesExceededError

from onereel.errors import NotInVault, VaultError

_CREDENTIALS = "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
_PERMISSION = "let these credentials list, read, write and delete there"
_LATER = "the storage is busy or broken; run again later"

_BY_CODE = {
    "NoSuchBucket": "the bucket does not exist; create it, or correct the vault's URL",
    "InvalidAccessKeyId": f"the credentials are unknown; {_CREDENTIALS}",
    "SignatureDoesNotMatch": f"the credentials are wrong; {_CREDENTIALS}",
    "ExpiredToken": "the credentials have expired; renew them",
    "InvalidToken": "the session token is wrong; check AWS_SESSION_TOKEN",
    "AccessDenied": f"access is denied; {_PERMISSION}",
    "AllAccessDisabled": f"access is denied; {_PERMISSION}",
    "RequestTimeTooSkewed": "the clocks differ; set this machine's clock",
    "QuotaExceeded": "the storage is full; raise the quota",
    "MissingContentLength": "the server wants a length; put nothing between us and it that re-chunks requests",
}
_BY_STATUS = {
    301: "the bucket lives in another region; set AWS_REGION",
    401: f"the credentials are refused; {_CREDENTIALS}",
    403: f"access is denied; {_PERMISSION}",
    429: _LATER,
    500: _LATER,
    502: _LATER,
    503: _LATER,
    504: _LATER,
    507: "the storage is full; raise the quota",
}
_BY_KIND: dict[type[Exception], str] = {
    NoCredentialsError: "there are no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
    PartialCredentialsError: f"half of the credentials is missing; {_CREDENTIALS}",
    SSLError: "its certificate is not trusted, or it does not speak TLS; set AWS_CA_BUNDLE, or correct the URL",
    EndpointConnectionError: "nothing answers there; check AWS_ENDPOINT_URL_S3 and that the server runs",
    ConnectTimeoutError: "nothing answers there; check AWS_ENDPOINT_URL_S3 and the network",
    ReadTimeoutError: "the server stopped answering; run again later",
    ResponseStreamingError: "the answer broke off; run again",
    RetriesExceededError: "the answer broke off again and again; check the network",
}
_LONGEST_WORDS = 200


@contextmanager
def s3_errors(action: str) -> Iterator[None]:
    """Turn botocore's errors into ours; ``action`` says what cannot be done, and where. No secret gets out.

    Raises:
        NotInVault: There is no such key.
        VaultError: The storage refused, or cannot be reached; says what, which, and what now.
    """
    try:
        yield
    except ClientError as error:
        if code_of(error) in {"NoSuchKey", "404"}:
            raise NotInVault(f"{action}: nothing is kept there") from error
        raise VaultError(f"{action}: {_refusal(error)}") from error
    except (BotoCoreError, RetriesExceededError) as error:
        raise VaultError(f"{action}: {_failure(error)}") from error


def code_of(error: ClientError) -> str:
    """Return S3's word for the error; an answer to HEAD has no body, so there it is the HTTP status."""
    return str(error.response.get("Error", {}).get("Code", ""))


def status_of(error: ClientError) -> int:
    """Return the HTTP status of the answer."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _refusal(error: ClientError) -> str:
    code, status = code_of(error), status_of(error)
    known = _BY_CODE.get(code) or _BY_STATUS.get(status)
    if known:
        return known
    words = error.response.get("Error", {}).get("Message", "")[:_LONGEST_WORDS]
    return f"the server answered {status} {code} {words}".rstrip()


def _failure(error: Exception) -> str:
    for kind, told in _BY_KIND.items():
        if isinstance(error, kind):
            return told
    return f"{type(error).__name__}: {str(error)[:_LONGEST_WORDS]}"
