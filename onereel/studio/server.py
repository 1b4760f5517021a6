"""The door: which address is answered by what, and how errors leave the house."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from typing import Any, Final

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from onereel.errors import BadInput
from onereel.models import Surface
from onereel.studio import catalogue, files, omni, veo
from onereel.studio.faults import Fault, parse_fault
from onereel.studio.images import answer_image
from onereel.studio.kinds import Kind
from onereel.studio.studio import Studio
from onereel.studio.text import answer_text
from onereel.studio.wire import HangUp, Rejected, invalid, not_found, read_json

log = logging.getLogger(__name__)

Endpoint = Callable[[Request], Awaitable[Response]]

_LARGEST: Final = 100 * 2**20
"""Bytes of the largest request. Source: ai.google.dev changelog, 2026-01-08."""

_LINE: Final = "onereel.line"


class Line(H11Protocol):
    """A connection whose requests can be cut off without an answer."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Hand the transport on with every request."""
        super().connection_made(transport)
        answer = self.app

        async def with_line(scope: Scope, receive: Receive, send: Send) -> None:
            await answer({**scope, _LINE: transport}, receive, send)

        self.app = with_line


class House:
    """The endpoints of one studio."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._uploads = files.Uploads()

    def application(self) -> Starlette:
        """Return the ASGI application."""
        platform = "/{version}/projects/{project}/locations/{location}"
        models = ("/{version}", "/{version}/publishers/google", f"{platform}/publishers/google")
        routes = [
            *(self._route(f"{prefix}/models/{{model}}:{{verb}}", self._model, "POST") for prefix in models),
            *(self._route(f"{prefix}/models", self._models, "GET") for prefix in models),
        ]
        for prefix in ("/{version}", platform):
            routes += [
                self._route(f"{prefix}/interactions", self._create, "POST"),
                self._route(f"{prefix}/interactions/{{id}}", self._interaction, "GET", "DELETE"),
                self._route(f"{prefix}/interactions/{{id}}/cancel", self._cancel, "POST"),
            ]
        routes += [
            self._route("/upload/{version}/files", self._upload, "POST"),
            self._route("/{version}/files/{id}:download", self._download, "GET"),
            self._route("/{version}/files/{id}", self._file, "GET", "DELETE"),
            Route("/studio/tally", self._tally),
            Route("/studio/requests", self._requests),
            Route("/studio/faults", self._fault, methods=["POST"]),
            Route("/studio/reset", self._reset, methods=["POST"]),
            self._route("/{rest:path}", self._nothing, "GET", "POST", "DELETE"),
        ]
        return Starlette(routes=routes)

    def _route(self, path: str, endpoint: Endpoint, *methods: str) -> Route:
        async def guarded(request: Request) -> Response:
            try:
                _authenticate(request)
                return await endpoint(request)
            except Rejected as rejection:
                headers = {"Retry-After": str(math.ceil(rejection.after))} if rejection.after else None
                return JSONResponse(rejection.body(), rejection.code, headers)
            except (HangUp, ClientDisconnect):
                request.scope[_LINE].abort()
                return Response(status_code=499)

        return Route(path, guarded, methods=list(methods))

    async def _paid(self, answer: Callable[[], Awaitable[dict[str, Any]]]) -> Response:
        try:
            return JSONResponse(await answer())
        except Rejected as rejection:
            if rejection.code == 400:  # noqa: PLR2004 - INVALID_ARGUMENT
                self._studio.books.count("illegal")
                log.info("refused as illegal: %s", rejection.message)
            if rejection.code in (404, 409):
                self._studio.books.count("refused")
            raise

    async def _model(self, request: Request) -> Response:
        body = await _body(request)
        verb = request.path_params["verb"]
        if verb == "fetchPredictOperation":
            return JSONResponse(await veo.fetch(self._studio, read_json(body)))
        return await self._paid(lambda: self._answer(request, body))

    async def _answer(self, request: Request, body: bytes) -> dict[str, Any]:
        model, verb = request.path_params["model"], request.path_params["verb"]
        surface = _surface(request)
        if verb == "generateContent":
            text = catalogue.find(self._studio.models.text, model, surface)
            if text is not None:
                return await answer_text(self._studio, text, read_json(body))
            image = catalogue.find(self._studio.models.image, model, surface)
            if image is not None:
                return await answer_image(self._studio, image, read_json(body))
        camera = catalogue.find(self._studio.models.video, model, surface)
        if verb == "predictLongRunning" and camera is not None and model.startswith("veo"):
            prefix = request.url.path.partition(f"/{request.path_params['version']}/")[2].rpartition(":")[0]
            return await veo.order_film(self._studio, camera, prefix, read_json(body))
        raise catalogue.missing(model, request.path_params["version"], verb)

    async def _models(self, _request: Request) -> Response:
        return JSONResponse(catalogue.listed(self._studio.models))

    async def _create(self, request: Request) -> Response:
        body = await _body(request)

        async def answer() -> dict[str, Any]:
            asked = read_json(body)
            model = str(asked.get("model") or "").removeprefix("models/")
            # Omni answers on both surfaces; the table lists the one whose id is confirmed.
            cameras = self._studio.models.video
            if model not in cameras or model.startswith("veo"):
                raise catalogue.missing(model, request.path_params["version"], "interactions")
            return await omni.create(self._studio, cameras[model], asked)

        return await self._paid(answer)

    async def _interaction(self, request: Request) -> Response:
        id_ = request.path_params["id"]
        if request.method == "DELETE":
            return JSONResponse(omni.delete(self._studio, id_))
        return JSONResponse(await omni.get(self._studio, id_))

    async def _cancel(self, request: Request) -> Response:
        return JSONResponse(omni.cancel(self._studio, request.path_params["id"]))

    async def _upload(self, request: Request) -> Response:
        body = await _body(request)
        await self._studio.visit(Kind.UPLOAD)
        id_ = request.query_params.get("upload_id")
        if id_ is None:
            id_ = self._uploads.begin(request.headers, read_json(body))
            url = f"{self._studio.url}{request.url.path}?upload_id={id_}"
            return JSONResponse({}, headers={"X-Goog-Upload-URL": url, "X-Goog-Upload-Status": "active"})
        file = self._uploads.add(id_, request.headers, body, self._studio)
        if file is None:
            return JSONResponse({}, headers={"X-Goog-Upload-Status": "active"})
        return JSONResponse({"file": file}, headers={"X-Goog-Upload-Status": "final"})

    async def _download(self, request: Request) -> Response:
        data, content_type = await files.download(self._studio, request.path_params["id"])
        return Response(data, media_type=content_type)

    async def _file(self, request: Request) -> Response:
        file = files.find(self._studio, request.path_params["id"])
        if request.method == "DELETE":
            self._studio.shelf.remove(file.id)
            return JSONResponse({})
        return JSONResponse(file.described())

    async def _nothing(self, request: Request) -> Response:
        raise not_found(f"{request.method} {request.url.path} was not found on this server.")

    async def _tally(self, _request: Request) -> Response:
        return JSONResponse(self._studio.tally().model_dump(mode="json"))

    async def _requests(self, _request: Request) -> Response:
        return JSONResponse([one.model_dump(mode="json") for one in self._studio.books.requests()])

    async def _fault(self, request: Request) -> Response:
        """Take a fault as JSON, or as its one-line form."""
        body = (await request.body()).decode()
        try:
            fault = Fault.model_validate_json(body) if body.lstrip().startswith("{") else parse_fault(body.strip())
        except (BadInput, ValidationError) as error:
            return JSONResponse(invalid(str(error)).body(), 400)
        self._studio.plan.add(fault)
        return JSONResponse(fault.model_dump(mode="json"))

    async def _reset(self, _request: Request) -> Response:
        self._studio.reset()
        return JSONResponse({})


def _authenticate(request: Request) -> None:
    """Refuse a call without a key, as Google does; any key will do.

    Raises:
        Rejected: 401.
    """
    bearer = request.headers.get("authorization", "").partition(" ")[2]
    uploading = "upload_id" in request.query_params  # the SDK sends no key with the chunks
    if not (request.headers.get("x-goog-api-key") or bearer or uploading):
        raise Rejected(
            401,
            "Request is missing required authentication credential. Expected OAuth 2 access token, "
            "login cookie or other valid authentication credential.",
        )


def _surface(request: Request) -> Surface:
    return Surface.AGENT_PLATFORM if "/publishers/google/" in request.url.path else Surface.GEMINI_API


async def _body(request: Request) -> bytes:
    body = await request.body()
    if len(body) > _LARGEST:
        raise invalid(f"Request payload size exceeds the limit: {_LARGEST} bytes.")
    return body
