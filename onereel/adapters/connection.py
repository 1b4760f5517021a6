"""How to reach a studio: Google's two doors, a gateway before them, or the local one.

Clients are built with explicit arguments only. Left to the environment, google-genai 3.4 ignores
``GOOGLE_VERTEX_BASE_URL`` or posts to ``/``, depending on what else is set (reference/gemini-media.md, section 8).
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final
from weakref import WeakKeyDictionary

import google.auth
import httpx2
from google import genai
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.genai import types
from google.oauth2.credentials import Credentials as Token
from pydantic import SecretStr

from onereel.adapters.courier import PLACEHOLDER, Patience, certificates, open_line
from onereel.adapters.environment import Environment
from onereel.adapters.vendor_errors import Doing
from onereel.errors import BadInput
from onereel.models import Surface

FILM_REGION: Final = "us-central1"
"""Where Veo is served when no region is named, or when the region named is `global`, which has no cameras."""
WORDS_REGION: Final = "global"
"""Where text and image models of the third generation on are served when no region is named; in single regions many
are missing."""

_SHORT: Final = 5
"""Header values no longer than this are no secrets; striking them out would only garble messages."""

_SCOPES: Final = ("https://www.googleapis.com/auth/cloud-platform",)
_WAYS_ON: Final = (
    "set GEMINI_API_KEY (Gemini API); or GOOGLE_CLOUD_PROJECT with `gcloud auth application-default login` (Agent "
    "Platform); or GOOGLE_GENAI_USE_ENTERPRISE=true with GOOGLE_API_KEY and no project (Agent Platform, express mode); "
    "or GOOGLE_GEMINI_BASE_URL / GOOGLE_VERTEX_BASE_URL with ONEREEL_BEARER_TOKEN or ONEREEL_EXTRA_HEADERS (a "
    "gateway); or rehearse for nothing with --rehearse"
)

_Lines = dict[tuple[Surface, str], tuple[genai.Client, httpx2.AsyncClient]]


@dataclass(frozen=True)
class Connection:
    """Where the studio is, and who we are there.

    Secrets are `SecretStr`; they never show in `repr`, in errors or in logs.

    Attributes:
        api_key: For the Gemini API, or for Agent Platform in express mode.
        express: The key is for Agent Platform, which then needs no project.
        enterprise: True prefers Agent Platform, False rules it out, None leaves it to the models.
        project: Google Cloud project, for Agent Platform.
        location: Region as it was named; empty: the best for each kind of model.
        gemini_url: Base address of the Gemini API; empty: Google's.
        vertex_url: Base address of Agent Platform; empty: Google's.
        headers: Sent with every request, for gateways.
        bearer: Authorization for gateways, and for Agent Platform instead of application default credentials.
        patience: How long to wait for what.
    """

    api_key: SecretStr | None = None
    express: bool = False
    enterprise: bool | None = None
    project: str = ""
    location: str = ""
    gemini_url: str = ""
    vertex_url: str = ""
    headers: Mapping[str, SecretStr] = field(default_factory=dict)
    bearer: SecretStr | None = None
    patience: Patience = field(default_factory=Patience)
    _lines: "WeakKeyDictionary[asyncio.AbstractEventLoop, _Lines]" = field(
        default_factory=WeakKeyDictionary, init=False, repr=False, compare=False
    )

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> "Connection":
        """Return what the SDK's own variables and ours describe; nothing configured is not yet an error.

        Raises:
            BadInput: A variable cannot be read; says which, and never its value where it may be a secret.
        """
        said = Environment(env)
        key, project = said.secret("GOOGLE_API_KEY", "GEMINI_API_KEY"), said.word("GOOGLE_CLOUD_PROJECT")
        enterprise = said.switch("GOOGLE_GENAI_USE_ENTERPRISE", "GOOGLE_GENAI_USE_VERTEXAI")
        gemini_url = said.url("GOOGLE_GEMINI_BASE_URL")
        return cls(
            api_key=key,
            express=enterprise is True and key is not None and not project,
            enterprise=enterprise,
            project=project,
            location=said.word("GOOGLE_CLOUD_LOCATION"),
            gemini_url=gemini_url,
            # In Agent Platform mode the SDK's one base URL is GOOGLE_GEMINI_BASE_URL; we follow, so both work.
            vertex_url=said.url("GOOGLE_VERTEX_BASE_URL") or (gemini_url if enterprise else ""),
            headers=said.headers("ONEREEL_EXTRA_HEADERS"),
            bearer=said.secret("ONEREEL_BEARER_TOKEN"),
        )

    @classmethod
    def rehearsal(cls, url: str, patience: Patience | None = None) -> "Connection":
        """Return a connection to the local studio at this address: both surfaces, nothing real."""
        return cls(
            api_key=SecretStr("rehearsal-key"),
            project="rehearsal",
            location=FILM_REGION,
            gemini_url=url,
            vertex_url=url,
            bearer=SecretStr("rehearsal-token"),
            patience=patience or Patience(),
        )

    @property
    def surfaces(self) -> tuple[Surface, ...]:
        """The surfaces that are configured, the preferred one first. Credentials are looked at by `require`."""
        guest = self.bearer is not None or bool(self.headers)
        gemini = (self.api_key is not None and not self.express) or (bool(self.gemini_url) and guest)
        agent = self.express or bool(self.project) or (bool(self.vertex_url) and guest)
        found = [Surface.GEMINI_API] * gemini + [Surface.AGENT_PLATFORM] * (agent and self.enterprise is not False)
        return tuple(reversed(found) if self.enterprise else found)

    @property
    def film_location(self) -> str:
        """The region cameras are asked in: the one named, unless it is `global`."""
        return FILM_REGION if self.location in {"", WORDS_REGION} else self.location

    def require(self, surface: Surface, model_id: str) -> None:
        """Check that a model's surface is configured. Blocks while it looks for credentials: call it off the loop.

        Raises:
            BadInput: Something is missing; names every way on.
        """
        if surface not in self.surfaces:
            raise BadInput(f"{model_id} is asked through {_NAMES[surface]}, which is not configured: {_WAYS_ON}")
        if surface is Surface.AGENT_PLATFORM and self._uses_default_credentials:
            self._default_credentials  # noqa: B018 - found once, kept, or BadInput

    def client(self, surface: Surface, *, location: str = "") -> genai.Client:
        """Return the SDK's client for a surface, one per event loop; `close` closes it.

        Args:
            surface: Which door.
            location: Region on Agent Platform; empty: the one named, else `global`.

        Raises:
            BadInput: The surface is not configured.
        """
        place = location or self.location or WORDS_REGION
        lines = self._lines.setdefault(asyncio.get_running_loop(), {})
        if (surface, place) not in lines:
            self.require(surface, "a model")
            lines[surface, place] = self._open(surface, place)
        return lines[surface, place][0]

    async def close(self) -> None:
        """Close the clients of the running event loop; they open again when asked for."""
        for client, line in self._lines.pop(asyncio.get_running_loop(), {}).values():
            await line.aclose()
            client.close()

    def paying(self, action: str, model: str) -> Doing:
        """Return the guard around a paid call: it turns the vendor's errors into ours."""
        return Doing(action, paid=True, model=model, secrets=self._secrets)

    def asking(self, action: str) -> Doing:
        """Return the guard around a free call."""
        return Doing(action, paid=False, secrets=self._secrets)

    def describe(self) -> list[str]:
        """Return lines for `doctor`: what is configured. Of secrets only that they are there."""
        where = {Surface.GEMINI_API: self.gemini_url, Surface.AGENT_PLATFORM: self.vertex_url}
        lines = [
            f"{_NAMES[surface]}: {self._authority(surface)}, {where[surface] or 'at Google'}"
            for surface in self.surfaces
        ]
        lines += [f"{name}: not configured" for surface, name in _NAMES.items() if surface not in self.surfaces]
        if self.headers:
            lines.append(f"extra headers: {', '.join(sorted(self.headers))}")
        return lines if self.surfaces else [*lines, f"to begin, {_WAYS_ON}"]

    def _authority(self, surface: Surface) -> str:
        if surface is Surface.GEMINI_API:
            return "API key set" if self.api_key is not None else "gateway"
        if self.express:
            return "express mode, API key set"
        if not self.project:
            return "gateway"
        words = self.location or WORDS_REGION
        token = "application default credentials" if self._uses_default_credentials else "bearer token or headers set"
        return f"project {self.project}, film in {self.film_location}, text and images in {words}, {token}"

    @property
    def _secrets(self) -> tuple[str, ...]:
        secrets = [one.get_secret_value() for one in (self.api_key, self.bearer, *self.headers.values()) if one]
        return tuple(secret for secret in secrets if len(secret) > _SHORT)

    @property
    def _uses_default_credentials(self) -> bool:
        gateway = bool(self.vertex_url) and bool(self.headers)
        return bool(self.project) and self.bearer is None and not gateway

    @cached_property
    def _default_credentials(self) -> Credentials:
        try:
            credentials, _ = google.auth.default(scopes=_SCOPES)
        except GoogleAuthError:
            raise BadInput(
                f"project {self.project} is set for Agent Platform, but there are no Google Cloud credentials: run "
                "`gcloud auth application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS to a key file, or "
                "ONEREEL_BEARER_TOKEN; or rehearse for nothing with --rehearse"
            ) from None
        return credentials

    def _open(self, surface: Surface, place: str) -> tuple[genai.Client, httpx2.AsyncClient]:
        gemini = surface is Surface.GEMINI_API
        home = self.gemini_url if gemini else self.vertex_url
        headers = dict(self.headers)
        if home and self.bearer is not None:
            headers["authorization"] = SecretStr(f"Bearer {self.bearer.get_secret_value()}")
        line = open_line(home, headers, self.patience)
        options = types.HttpOptions(
            base_url=home or None,
            retry_options=types.HttpRetryOptions(attempts=1),
            httpx_async_client=line,
            client_args={"verify": certificates()},
            async_client_args={"ssl": certificates()},
        )
        said = self._gemini() if gemini else self._agent_platform(place)
        return genai.Client(enterprise=not gemini, http_options=options, **said), line

    def _gemini(self) -> dict[str, Any]:
        key = None if self.express else self.api_key
        return {"api_key": key.get_secret_value() if key is not None else PLACEHOLDER}

    def _agent_platform(self, place: str) -> dict[str, Any]:
        if self.express and self.api_key is not None:
            return {"api_key": self.api_key.get_secret_value()}
        if not self.project:
            return {"api_key": PLACEHOLDER}
        return {"project": self.project, "location": place, "credentials": self._credentials()}

    def _credentials(self) -> Credentials:
        if self._uses_default_credentials:
            return self._default_credentials
        token = self.bearer.get_secret_value() if self.bearer is not None else PLACEHOLDER
        return Token(token)  # type: ignore[no-untyped-call]  # google-auth is not typed


_NAMES: Final[Mapping[Surface, str]] = {
    Surface.GEMINI_API: "the Gemini API",
    Surface.AGENT_PLATFORM: "Agent Platform",
}
