"""The paths: text, documents, models, the report, the page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from fastapi import APIRouter, Body, File, Form, Query, Request, UploadFile
from starlette.concurrency import run_in_threadpool
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    Response,
)
from starlette.staticfiles import StaticFiles

from nerbridge.errors import InputError
from nerbridge.server import uploads
from nerbridge.server.metrics import CONTENT_TYPE
from nerbridge.server.models import ServedModel
from nerbridge.server.openapi import describe
from nerbridge.server.prefix import FORWARDED
from nerbridge.server.problems import Problem
from nerbridge.server.schema import (
    DocumentAnswer,
    ModelsAnswer,
    Score,
    Status,
    TagAnswer,
    TagRequest,
    TagText,
    refusals,
)
from nerbridge.server.service import Service
from nerbridge.tagging.entity import Entity

PAGE_PATHS = frozenset({"/"})
PAGE_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
REPORT_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox allow-popups"
)
_STATIC = Path(__file__).parent / "static"

CardForm = Literal["markdown", "html"]

router = APIRouter()


def static_files() -> StaticFiles:
    """The files of the page."""
    return StaticFiles(directory=_STATIC, check_dir=False)


def _service(request: Request) -> Service:
    found: Service = request.app.state.service
    return found


@router.head("/", include_in_schema=False)
@router.get("/", include_in_schema=False)
async def get_page(request: Request) -> Response:
    """The page; its links are relative, so that it works under any path.

    Where the prefix is known, they begin with it: a page asked for without a slash at the end, as
    ``https://host/ner``, would look for its files one level too high.
    """
    page = _STATIC / "index.html"
    if not page.is_file():
        raise Problem(404, "no-page", "this build of nerbridge has no page; see /openapi.json.")
    prefix, headers = request.state.prefix, {"Vary": FORWARDED.decode()}
    if not prefix:
        return FileResponse(page, headers=headers)
    text = page.read_text("utf-8")
    return HTMLResponse(text.replace('="static/', f'="{prefix}/static/'), headers=headers)


@router.get("/openapi.json", include_in_schema=False)
async def get_openapi(request: Request) -> Response:
    """The description of the paths."""
    found = describe(request.app, _service(request))
    if request.state.prefix:
        found["servers"] = [{"url": request.state.prefix}]
    return JSONResponse(found, headers={"Vary": FORWARDED.decode()})


@router.post("/tag", response_model=TagAnswer, responses=refusals(404, 422), operation_id="tag")
async def tag(request: Request, asked: Annotated[TagRequest, Body()]) -> Response:
    """Entities of one text, or of several."""
    service = _service(request)
    model = service.find_model(asked.model)
    types = _check_types(asked.types, model)
    texts = [asked.text] if isinstance(asked, TagText) else asked.texts
    service.limits.check_texts(texts)
    found = await service.batcher(model).tag(texts) if texts else []
    kept = [_keep(entities, asked.min_score, types) for entities in found]
    _count(request, model, texts, [entity for entities in kept for entity in entities])
    return await run_in_threadpool(_to_json, model, texts, kept)


def _to_json(
    model: ServedModel, texts: Sequence[str], found: Sequence[Sequence[Entity]]
) -> Response:
    """Each text's entities, and what is to be noticed about it: work for a thread."""
    read = model.tagger.model
    results = [
        {
            "entities": [entity.to_dict() for entity in entities],
            "notices": read.notices_for(text),
        }
        for text, entities in zip(texts, found, strict=True)
    ]
    return JSONResponse({"model": model.name, "results": results})


@router.post(
    "/tag/document",
    response_model=DocumentAnswer,
    responses={
        200: {
            "description": "As asked for: JSON, an annotated page, or a redacted copy.",
            "content": {
                "text/html": {"schema": {"type": "string"}},
                "text/plain": {"schema": {"type": "string"}},
                "application/pdf": {"schema": {"type": "string", "format": "binary"}},
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document": {
                    "schema": {"type": "string", "format": "binary"}
                },
            },
        },
        **refusals(404, 422),
    },
    operation_id="tag_document",
)
async def tag_document(
    request: Request,
    file: Annotated[UploadFile, File(description="A PDF, DOCX, HTML, mail or text file.")],
    model: Annotated[str | None, Form()] = None,
    min_score: Annotated[Score, Form()] = 0.0,
    types: Annotated[str | None, Form(description="Such as `PER,LOC`.")] = None,
    redact: Annotated[str | None, Form(description="Of these, what to black out.")] = None,
    whole_page: Annotated[
        bool, Form(description="Of a web page, all of it, not the main text alone.")
    ] = False,
    answer: Annotated[uploads.Answer, Form(alias="as")] = uploads.Answer.JSON,
) -> Response:
    """Entities of a document, with the page or paragraph of each."""
    service = _service(request)
    # The framework would take one file and drop the others without a word.
    if (n_files := len((await request.form()).getlist("file"))) > 1:
        raise InputError(f"file: found {n_files}, expected one. Send each in a request of its own.")
    chosen = service.find_model(model)
    wanted = _check_types(_split(types), chosen)
    redacted = _check_redacted(_split(redact), wanted)
    seconds = service.limits.max_document_seconds
    with service.one_more_document():
        async with service.document_turns:
            document = await uploads.read(
                await file.read(), file.filename or "", seconds, is_whole_page=whole_page
            )
            found = await uploads.tag(chosen, document, seconds)
            entities = _keep(found, min_score, wanted)
            _count(request, chosen, [document.text], entities)
            if answer is uploads.Answer.HTML:
                return await uploads.to_html(document, entities, wanted, seconds)
            if answer is uploads.Answer.REDACTED:
                return await uploads.to_redacted(document, entities, redacted, seconds)
            return await run_in_threadpool(uploads.to_json, chosen, document, entities)


def _split(names: str | None) -> list[str] | None:
    return [name.strip() for name in names.split(",") if name.strip()] if names else None


def _check_types(types: Sequence[str] | None, model: ServedModel) -> tuple[str, ...]:
    known = model.tagger.types
    if types is not None and not set(types) <= set(known):
        raise InputError(f"types: one is not known; {model.name} knows {', '.join(known)}.")
    return known if types is None else tuple(type_ for type_ in known if type_ in types)


def _check_redacted(types: Sequence[str] | None, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """The types to black out: what is not looked for would stand in the copy."""
    if types is not None and not set(types) <= set(wanted):
        raise InputError(
            f"redact: one is not among the types that are kept, {', '.join(wanted)}. Add it to "
            "types, or leave types out."
        )
    return wanted if types is None else tuple(type_ for type_ in wanted if type_ in types)


def _keep(entities: Sequence[Entity], min_score: float, types: Sequence[str]) -> list[Entity]:
    return [e for e in entities if e.score >= min_score and e.type in types]


def _count(
    request: Request, model: ServedModel, texts: Sequence[str], entities: Sequence[Entity]
) -> None:
    """Note how much was tagged, for the log and the metrics."""
    n_chars = sum(map(len, texts))
    request.state.counts = {"n_texts": len(texts), "n_chars": n_chars, "n_entities": len(entities)}
    _service(request).metrics.observe_texts(model.name, len(texts), n_chars, entities)


@router.get("/models", response_model=ModelsAnswer, responses=refusals(), operation_id="models")
async def get_models(request: Request) -> Response:
    """The models that are served, the default first."""
    models = list(_service(request).models.values())
    found = await run_in_threadpool(lambda: [model.info() for model in models])
    for index, info in enumerate(found):
        info["is_default"] = index == 0
    return JSONResponse({"models": found})


@router.get(
    "/models/{name}/card",
    response_class=PlainTextResponse,
    responses={
        200: {
            "content": {
                f"text/{form}": {"schema": {"type": "string"}} for form in get_args(CardForm)
            }
        },
        **refusals(404, 422),
    },
    operation_id="model_card",
)
async def get_card(
    request: Request, name: str, form: Annotated[CardForm, Query(alias="as")] = "markdown"
) -> Response:
    """The card of a model, in Markdown or as a piece of HTML."""
    model = _service(request).find_model(name)
    card = await run_in_threadpool(model.card if form == "markdown" else model.card_as_html)
    if card is None:
        raise Problem(404, "no-card", "this model has no card.")
    return Response(card, media_type=f"text/{form}; charset=utf-8")


@router.get(
    "/report",
    response_class=FileResponse,
    responses={
        200: {"content": {"text/html": {"schema": {"type": "string"}}}},
        **refusals(404),
    },
    operation_id="report",
)
async def get_report(request: Request) -> Response:
    """The report of the experiment that the model comes from."""
    path = _service(request).report
    if path is None or not path.is_file():
        raise Problem(404, "no-report", "there is no report; start the server with --report.")
    headers = {"Content-Security-Policy": REPORT_CSP, "Cache-Control": "no-cache"}
    return FileResponse(path, media_type="text/html; charset=utf-8", headers=headers)


@router.head("/health", include_in_schema=False)
@router.get("/health", response_model=Status, responses=refusals(), operation_id="health")
async def get_health() -> Response:
    """Whether the process lives."""
    return JSONResponse({"status": "ok"})


@router.head("/ready", include_in_schema=False)
@router.get("/ready", response_model=Status, responses=refusals(), operation_id="ready")
async def get_ready(request: Request) -> Response:
    """Whether requests are taken: not while models are loaded, nor when the server is ending."""
    if not _service(request).is_ready:
        raise Problem(503, "not-ready", "loading or ending.", retry_after_s=2)
    return JSONResponse({"status": "ready"})


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    responses=refusals(),
    operation_id="metrics",
)
async def get_metrics(request: Request) -> Response:
    """Numbers for Prometheus, over all workers."""
    rendered: Any = await run_in_threadpool(_service(request).metrics.render)
    return Response(rendered, media_type=CONTENT_TYPE)
