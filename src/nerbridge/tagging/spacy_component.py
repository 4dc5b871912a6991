"""The tagger as a component of a spaCy pipeline: ``nlp.add_pipe("nerbridge")``.

spaCy finds it through an entry point, so nothing has to be imported for it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup

from nerbridge.tagging.entity import Entity
from nerbridge.tagging.tagger import BATCH_SENTENCES, Tagger

SPANS_KEY = "nerbridge"
"""Where in ``doc.spans`` everything that was found is kept."""


class NerbridgeComponent:
    """Writes what a tagger finds into ``doc.ents`` and ``doc.spans["nerbridge"]``.

    Both hold spaCy's tokens, the fewest that contain the entity: spaCy does not cut words as
    nerbridge does. ``doc.spans["nerbridge"]`` holds all entities in order, and in its ``attrs``,
    one for each, their ``scores`` and their exact ``chars`` (``[start_char, end_char]``).
    ``doc.ents`` can hold no two entities that share a token: entities that an earlier component
    has set stay, of two found here the more probable one is taken.
    """

    def __init__(self, tagger: Tagger) -> None:
        self.tagger = tagger

    def __call__(self, doc: Doc) -> Doc:
        """Tag one text."""
        return next(self.pipe([doc]))

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = BATCH_SENTENCES) -> Iterator[Doc]:
        """Tag many texts, in order; ``batch_size`` as `Tagger.tag_many`."""
        # `tag_many` reads ahead: documents wait here until their entities come.
        waiting: deque[Doc] = deque()
        texts = (_remember(doc, waiting).text for doc in stream)
        for entities in self.tagger.tag_many(texts, batch_size=batch_size):
            doc = waiting.popleft()
            _annotate(doc, entities)
            yield doc


@Language.factory(
    "nerbridge",
    assigns=["doc.ents", "doc.spans"],
    default_config={
        "model": "bundled:as",
        "base": None,
        "n_threads": None,
        "min_score": 0.0,
        "types": None,
        "map_types": None,
    },
)
def create_component(
    nlp: Language,
    name: str,
    model: str,
    base: str | None,
    n_threads: int | None,
    min_score: float,
    types: list[str] | None,
    map_types: str | list[str] | dict[str, str] | None,
) -> NerbridgeComponent:
    """Load the model of a component's config; the keys are those of `Tagger.load`.

    ``nlp.to_disk`` keeps the config, and so the name or the path of the model, not its weights.
    """
    return NerbridgeComponent(
        Tagger.load(
            model,
            base=base,
            n_threads=n_threads,
            min_score=min_score,
            types=types,
            map_types=map_types,
        )
    )


def _remember(doc: Doc, waiting: deque[Doc]) -> Doc:
    waiting.append(doc)
    return doc


def _annotate(doc: Doc, entities: Sequence[Entity]) -> None:
    spans = [_to_span(doc, entity) for entity in entities]
    scores = [entity.score for entity in entities]
    chars = [[entity.start_char, entity.end_char] for entity in entities]
    doc.spans[SPANS_KEY] = SpanGroup(
        doc, name=SPANS_KEY, spans=spans, attrs={"scores": scores, "chars": chars}
    )
    doc.set_ents([*doc.ents, *_choose(doc, spans, scores)])


def _to_span(doc: Doc, entity: Entity) -> Span:
    span = doc.char_span(
        entity.start_char, entity.end_char, label=entity.type, alignment_mode="expand"
    )
    if span is None:
        raise ValueError(f"{entity} lies outside a text of {len(doc.text)} characters")
    return span


def _choose(doc: Doc, spans: Sequence[Span], scores: Sequence[float]) -> list[Span]:
    """The spans that can stand in ``doc.ents`` beside those that are there, the best first."""
    taken = {token.i for span in doc.ents for token in span}
    chosen = []
    for span, _ in sorted(zip(spans, scores, strict=True), key=lambda pair: -pair[1]):
        tokens = set(range(span.start, span.end))
        if taken.isdisjoint(tokens):
            chosen.append(span)
            taken |= tokens
    return chosen
