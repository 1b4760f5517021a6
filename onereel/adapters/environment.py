"""Environment variables, read strictly: a value that cannot be meant is refused where it is read."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from pydantic import SecretStr

from onereel.errors import BadInput

_VERSIONS: Final = ("/v1", "/v1beta", "/v1beta1")


@dataclass(frozen=True)
class Environment:
    """Variables by name; an empty one is one that is not set."""

    env: Mapping[str, str]

    def word(self, *names: str) -> str:
        """Return the first of these that is set, without the space around it; empty when none is."""
        return next((self.env[name].strip() for name in names if self.env.get(name, "").strip()), "")

    def secret(self, *names: str) -> SecretStr | None:
        """Return the first of these that is set.

        Raises:
            BadInput: It cannot be sent in a header; the message does not quote it.
        """
        value = self.word(*names)
        if not value:
            return None
        _check_header(" or ".join(names), value)
        return SecretStr(value)

    def switch(self, *names: str) -> bool | None:
        """Return whether the first of these that is set says yes, as the SDK reads it; None when none is set."""
        value = self.word(*names)
        return value.lower() in {"true", "1"} if value else None

    def url(self, name: str) -> str:
        """Return a base address; empty when it is not set.

        Raises:
            BadInput: It is not an http address, carries a password, or ends in a version, which the SDK adds.
        """
        value = self.word(name).rstrip("/")
        if not value:
            return ""
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise BadInput(f"{name} is not an http or https address; write for example https://gateway.example.org")
        if parts.username or parts.password or parts.query:
            raise BadInput(f"{name} carries credentials; put them in ONEREEL_BEARER_TOKEN or ONEREEL_EXTRA_HEADERS")
        if parts.path.endswith(_VERSIONS):
            raise BadInput(f"{name} ends in an API version, which is added to it anyway; leave the version off")
        return value

    def headers(self, name: str) -> dict[str, SecretStr]:
        """Return headers written as a JSON object of strings.

        Raises:
            BadInput: It is not one, or a header cannot be sent; the message does not quote values.
        """
        value = self.word(name)
        try:
            said = json.loads(value or "{}")
        except ValueError:
            raise BadInput(f'{name} is not JSON; write for example {{"x-team": "film"}}') from None
        if not isinstance(said, dict) or not all(isinstance(text, str) for text in said.values()):
            raise BadInput(f'{name} is not a JSON object of strings; write for example {{"x-team": "film"}}')
        for header, text in said.items():
            _check_header(f"{name}: {header!r}", header + text)
        return {header.lower(): SecretStr(text) for header, text in said.items()}


def _check_header(what: str, value: str) -> None:
    if not value.isascii() or not value.isprintable():
        raise BadInput(f"{what} holds characters that cannot be sent in a header; copy it again")
