"""What goes in and out over HTTP, as pydantic models and as OpenAPI."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Strict, Tag

from nerbridge.documents.document import Segment
from nerbridge.evaluation.quoting import QuotedScores
from nerbridge.io.kinds import DocumentKind
from nerbridge.server.problems import MEDIA_TYPE


def _check_unicode(text: str) -> str:
    """A text that can be written as UTF-8; JSON may hold halves of characters."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(f"half a character (a lone surrogate) at {error.start}") from None
    return text


Text = Annotated[str, AfterValidator(_check_unicode)]
_Bounds = Field(ge=0, le=1, allow_inf_nan=False)
Score = Annotated[float, _Bounds]
JsonScore = Annotated[float, Strict(), _Bounds]  # no true, no "0.5"


class _Options(BaseModel):
    model_config = ConfigDict(extra="forbid")

    model: str | None = Field(None, description="One of `GET /models`; default: the first.")
    min_score: JsonScore = Field(0.0, description="Drop entities less probable than this.")
    types: list[str] | None = Field(None, description="Types to keep; default: all.")


class TagText(_Options):
    """One text to tag."""

    text: Text


class TagTexts(_Options):
    """Several texts to tag."""

    texts: list[Text]


def _which(value: Any) -> str:
    has_many = "texts" in value if isinstance(value, dict) else isinstance(value, TagTexts)
    return "TagTexts" if has_many else "TagText"


TagRequest = Annotated[
    Annotated[TagText, Tag("TagText")] | Annotated[TagTexts, Tag("TagTexts")], Discriminator(_which)
]


class FoundEntity(BaseModel):
    """An entity; positions are half-open and count Unicode code points, or words, of the text."""

    type: str
    text: str
    start_char: int
    end_char: int
    start_word: int
    end_word: int
    score: float


class PlacedEntity(FoundEntity):
    """An entity of a document, with the page or paragraph it stands in."""

    place: str


class TagResult(BaseModel):
    """What was found in one text."""

    entities: list[FoundEntity]
    notices: list[str]


class TagAnswer(BaseModel):
    """One result for each text, in their order."""

    model: str
    results: list[TagResult]


class DocumentAnswer(BaseModel):
    """What was read and found in a document."""

    model: str
    name: str
    kind: DocumentKind
    text: str
    segments: list[Segment]
    entities: list[PlacedEntity]
    notices: list[str]


class ModelInfo(BaseModel):
    """A model that is served; ``scores`` are by test set, none where they are not known."""

    name: str
    is_default: bool
    types: list[str]
    languages: list[str]
    script: str | None
    n_bytes: int | None
    scores: dict[str, QuotedScores]
    license: str | None
    has_card: bool
    has_report: bool


class ModelsAnswer(BaseModel):
    """All models that are served."""

    models: list[ModelInfo]


class Status(BaseModel):
    """Whether the server lives, or is ready."""

    status: str


class ProblemAnswer(BaseModel):
    """An error, as in RFC 9457. `type` ends in a short name that programs can rely on."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str | None = None
    errors: list[dict[str, str]] = []


_REASONS = {
    400: "The body cannot be read.",
    401: "No token, or a wrong one.",
    403: "Asked for by a page of another site.",
    404: "There is no such thing.",
    405: "Not with this method.",
    408: "The body did not arrive in time.",
    413: "Too large.",
    422: "Not what is expected here.",
    431: "The head of the request is too large.",
    500: "The server failed.",
    503: "Too busy, or shutting down: try again later.",
}


def refusals(*more: int) -> dict[int | str, dict[str, Any]]:
    """The error answers of a path, for OpenAPI: those that any path has, and ``more``."""
    retry = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
    reference = {"schema": {"$ref": "#/components/schemas/ProblemAnswer"}}
    return {
        status: {
            "description": _REASONS[status],
            "content": {MEDIA_TYPE: reference},
            **({"headers": retry} if status == 503 else {}),
        }
        for status in sorted({400, 401, 403, 408, 413, 431, 500, 503, *more})
    }
