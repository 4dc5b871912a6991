from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerbridge.errors import TextError
from nerbridge.tagging import Entity, Tagger
from text.indic import any_text, indic_text, properties

MESSAGES = ["অসম কলিকতা দাস 😀", "", "#কলিকতা_বাতৰি @দাস!!!", "দাসসস https://example.org"]
NOISE = ["😀", "👨‍👩‍👧", "🇮🇳", "https://example.org/অসম", "@some_one", "a@example.org", "#"]


def shown(entities: list[Entity]) -> list[tuple[Any, ...]]:
    return [(e.type, e.start_char, e.end_char, e.text) for e in entities]


def test_a_result_comes_before_the_next_message_is_read(tagger: Tagger) -> None:
    read: list[str] = []

    def messages() -> Iterator[str]:
        for message in MESSAGES:
            read.append(message)
            yield message

    for n_done, result in enumerate(tagger.tag_stream(messages()), start=1):
        assert len(read) == n_done
        assert result.text == read[-1]
        assert 0 < result.latency_ms < 60_000
        assert shown(result.entities) == shown(tagger.tag(result.text))
    assert read == MESSAGES


def test_what_is_no_text_is_refused_in_its_turn(tagger: Tagger) -> None:
    results = tagger.tag_stream(["অসম", "\ud800"])
    next(results)
    with pytest.raises(TextError, match="message 2: lone surrogate"):
        next(results)


def test_streams_in_several_threads_do_not_meet(tagger: Tagger) -> None:
    def run(message: str) -> list[list[tuple[Any, ...]]]:
        return [shown(result.entities) for result in tagger.tag_stream([message] * 5)]

    with ThreadPoolExecutor(8) as pool:
        for message, found in zip(MESSAGES * 4, pool.map(run, MESSAGES * 4), strict=True):
            assert found == [shown(tagger.tag(message))] * 5


@given(text=any_text, noise=st.sampled_from(NOISE))
@properties
def test_offsets_are_exact_whatever_stands_there(tagger: Tagger, text: str, noise: str) -> None:
    noisy = f"{noise}{text} {noise}{text}!!!{noise}"
    for entity in tagger.tag(noisy):
        assert noisy[entity.start_char : entity.end_char] == entity.text
        assert not {"😀", "#", "👨‍👩‍👧", "🇮🇳"} & set(entity.text)


@given(text=indic_text)
@pytest.mark.parametrize("noise", NOISE)
@properties
def test_noise_beside_a_sentence_changes_none_of_its_entities(
    tagger: Tagger, noise: str, text: str
) -> None:
    sentence = f"{' '.join(text.replace('#', '').split())} ক।"
    before = [(e.type, e.text) for e in tagger.tag(sentence)]
    assert [(e.type, e.text) for e in tagger.tag(f"{noise} {sentence}")] == before
    assert [(e.type, e.text) for e in tagger.tag(f"{sentence} {noise}")] == before


def test_no_entity_reaches_over_an_emoji_but_over_the_joint_of_a_hashtag(tagger: Tagger) -> None:
    from dataclasses import replace

    import numpy as np

    def one_entity(ids: Any, mask: Any) -> Any:
        logits = np.zeros((*ids.shape, 7), dtype=np.float32)
        logits[..., 2] = 50.0  # I-PER goes on and on
        logits[:, 1, :] = np.eye(7)[1] * 50.0
        return logits

    greedy = Tagger(replace(tagger.model, forward=one_entity))
    assert [e.text for e in greedy.tag("#অসম_দাস")] == ["অসম_দাস"]
    assert "😀" not in "".join(e.text for e in greedy.tag("অসম 😀 দাস"))
