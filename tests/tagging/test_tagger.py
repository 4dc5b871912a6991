from __future__ import annotations

import json
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import regex
from hypothesis import assume, given
from hypothesis import strategies as st

from nerbridge.alignment.decoding import decode_spans
from nerbridge.alignment.subwords import encode_sentences, first_subwords
from nerbridge.alignment.windows import merge_windows, split_windows
from nerbridge.errors import EnvironmentProblem, InputError, TextError
from nerbridge.tagging import Entity, Tagger
from nerbridge.text.model_input import words_to_model_form
from nerbridge.text.noise import read_past_noise
from nerbridge.text.normalise import normalise_text
from nerbridge.text.sentences import split_sentences
from nerbridge.text.words import graphemes, split_words
from text.indic import any_text, indic_text, properties
from tiny_tagger import cooled

NOTHING_AT_THE_ENDS = set(" \t\n\u00a0।॥৷\"'“”‘’«»?!")
LONG = "অসম কলিকতা দাস বৰুৱা খবৰ " * 40


def naive_spans(tagger: Tagger, words: list[str]) -> list[tuple[int, int, str, float]]:
    """One sentence, one window at a time, nothing padded."""
    model = tagger.model
    (sub,) = encode_sentences(model.tokenizer, [words_to_model_form(words, model.script)], 3)
    windows = split_windows(sub, model.max_subwords, model.max_subwords // 4)
    logits = []
    for window in windows:
        ids = [model.specials.start, *sub.ids[window.start : window.end], model.specials.end]
        rows = np.array([ids], dtype=np.int64)
        logits.append(model.forward(rows, np.ones_like(rows))[0, 1:-1])
    of_words = merge_windows(windows, logits, len(sub))[first_subwords(sub)]
    found = decode_spans(of_words, model.label_set) if words else []
    return [(span.start_word, span.end_word, span.type, score) for span, score in found]


def naive_tag(tagger: Tagger, text: str) -> list[tuple[int, int, str, float]]:
    """Entities as (start_char, end_char, type, score), with their punctuation."""
    all_words = split_words(text)
    entities = []
    for start, end in split_sentences(text):
        ranges = [word for word in all_words if start <= word[0] < end]
        for first, last, type_, score in naive_spans(tagger, [text[a:b] for a, b in ranges]):
            entities.append((ranges[first][0], ranges[last - 1][1], type_, score))
    return entities


NOISE = regex.compile(r"[\p{Extended_Pictographic}#@_\u200d]|www\S*")


def is_trimmed(text: str, whole: tuple[int, int], entity: Entity) -> bool:
    left, right = text[whole[0] : entity.start_char], text[entity.end_char : whole[1]]
    return not is_wordlike(left + right)


def is_wordlike(text: str) -> bool:
    return any(char.isalnum() and char != "৷" for char in text)


@given(text=indic_text)
@properties
def test_the_same_as_a_naive_tagger(tagger: Tagger, text: str) -> None:
    text = NOISE.sub("", text) * 3  # what is read past is tested in test_social.py
    words = [text[start:end] for start, end in split_words(text)]
    assume(len(read_past_noise(words).read) == len(words))
    expected = naive_tag(tagger, text)
    kept = [e for e in expected if any(map(str.isalpha, text[e[0] : e[1]]))]
    found = tagger.tag(text)
    assert len(found) == len(kept)
    for entity, (start, end, type_, score) in zip(found, kept, strict=True):
        assert entity.type == type_
        assert entity.score == pytest.approx(score, abs=1e-5)
        assert start <= entity.start_char < entity.end_char <= end
        assert is_trimmed(text, (start, end), entity)


def test_long_sentences_are_read_through_windows_to_their_end(tagger: Tagger) -> None:
    entities = tagger.tag(LONG)
    assert [(e.start_char, e.end_char, e.type) for e in entities] == [
        (start, end, type_) for start, end, type_, _ in naive_tag(tagger, LONG)
    ]
    assert entities[-1].end_char > len(LONG) - 40


@given(text=any_text)
@properties
def test_offsets_are_exact_and_cut_nothing(tagger: Tagger, text: str) -> None:
    borders = {0, *(end for _, end in graphemes(text))}
    words = split_words(text)
    last_end = 0
    for entity in tagger.tag(text):
        assert text[entity.start_char : entity.end_char] == entity.text
        assert {entity.start_char, entity.end_char} <= borders
        assert words[entity.start_word][0] == entity.start_char
        assert words[entity.end_word - 1][1] == entity.end_char
        assert not {entity.text[0], entity.text[-1]} & NOTHING_AT_THE_ENDS
        assert entity.text == entity.text.strip()
        assert last_end <= entity.start_char
        assert 0 < entity.score <= 1
        last_end = entity.end_char


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"অসম"', ["অসম"]),
        ("“অসম”।", ["অসম"]),
        ("'অসম'", ["অসম"]),
        ("কলা (অসম)", ["কলা (অসম)"]),
        ("(অসম)", ["অসম"]),
        ("অসম) কলা", ["অসম) কলা"]),
        ("অসম (কলা", ["অসম (কলা"]),
        ("অসম (", ["অসম"]),
        ("অসম, ।", ["অসম"]),
        (", । ( ) -", []),
        ("৩৩", []),
        ("12/03/2021", []),
        ("৩৩ নং", ["৩৩ নং"]),
        ("U.S.", ["U.S."]),
        ("C++", ["C++"]),
        ("\u0d4e'", []),  # a letter that takes the quote behind it into its grapheme
    ],
)
def test_punctuation_is_not_glued_to_an_entity(
    tagger: Tagger, text: str, expected: list[str]
) -> None:
    def one_entity(ids: Any, mask: Any) -> Any:
        logits = np.zeros((*ids.shape, 7), dtype=np.float32)
        logits[..., 2] = 50.0  # I-PER goes on and on
        logits[:, 1, :] = np.eye(7)[1] * 50.0
        return logits

    greedy = Tagger(replace(tagger.model, forward=one_entity))
    assert [entity.text for entity in greedy.tag(text)] == expected


def test_what_has_no_letter_is_not_given_to_the_model(tagger: Tagger) -> None:
    n_read: list[int] = []

    def counted(ids: Any, mask: Any) -> Any:
        n_read.append(int(mask.sum()))
        return tagger.model.forward(ids, mask)

    counting = Tagger(replace(tagger.model, forward=counted))
    assert counting.tag("@ " * 5000 + "\n১২ ৩৪ ।\n") == []
    assert sum(n_read) <= 4
    assert [e.start_word for e in counting.tag(f"@ @\n{LONG}")] == [
        e.start_word + 2 for e in tagger.tag(LONG)
    ]


FORMS = {
    "NFC": lambda text: unicodedata.normalize("NFC", text),
    "NFD": lambda text: unicodedata.normalize("NFD", text),
    "ZWJ": lambda text: with_joiners(text, "\u200d"),
    "ZWNJ": lambda text: with_joiners(text, "\u200c"),
}


def with_joiners(text: str, joiner: str) -> str:
    """The text with a joiner behind every Indic letter and sign."""
    return "".join(c + joiner if "\u0900" <= c <= "\u0dff" and c not in "।॥৷" else c for c in text)


@pytest.mark.parametrize("form", FORMS)
@given(text=indic_text)
@properties
def test_the_same_entities_in_every_unicode_form(tagger: Tagger, form: str, text: str) -> None:
    def seen(text: str) -> list[tuple[object, ...]]:
        return [
            (e.type, e.start_word, e.end_word, normalise_text(e.text), round(e.score, 4))
            for e in tagger.tag(text)
        ]

    assert seen(FORMS[form](text)) == seen(text)


@given(texts=st.lists(indic_text, max_size=8), batch_size=st.integers(1, 5))
@properties
def test_many_texts_are_tagged_as_each_alone(
    tagger: Tagger, texts: list[str], batch_size: int
) -> None:
    together = list(tagger.tag_many(texts, batch_size=batch_size))
    assert len(together) == len(texts)
    for text, found in zip(texts, together, strict=True):
        assert_same(found, tagger.tag(text))


def assert_same(found: list[Entity], expected: list[Entity]) -> None:
    assert [replace(e, score=0) for e in found] == [replace(e, score=0) for e in expected]
    np.testing.assert_allclose(
        [e.score for e in found], [e.score for e in expected], rtol=1e-4, atol=1e-5
    )


def test_texts_are_read_only_as_results_are_asked_for(tagger: Tagger) -> None:
    n_read = 0

    def texts() -> Iterator[str]:
        nonlocal n_read
        while True:
            n_read += 1
            yield "অসম কলিকতা"

    results = tagger.tag_many(texts(), batch_size=10)
    assert n_read == 0
    next(results)
    assert n_read == 10
    list(islice(results, 9))
    assert n_read == 10
    next(results)
    assert n_read == 20


def test_a_text_without_end_is_tagged_piece_by_piece(tagger: Tagger) -> None:
    most = 0

    def forward(ids: Any, mask: Any) -> Any:
        nonlocal most
        most = max(most, ids.size)
        return tagger.model.forward(ids, mask)

    watched = Tagger(replace(tagger.model, forward=forward))
    entities = watched.tag("অসম কলিকতা দাস " * 5_000)
    assert entities[-1].end_char > 74_900
    assert most <= tagger.model.batch_subwords


@pytest.mark.parametrize(
    "text",
    [
        *("", " \n\t ", "\0", "অসম\0\0কলিকতা", "\u202eঅসম\u202c \u200f", "\ufeff", "।।।", "'\"'"),
        *("😀" * 100_000, "ক" * 300_000, "্" * 10_000, "a." * 50_000, "\u200d" * 10_000),
    ],
    ids=lambda text: f"{text[:4]!r} × {len(text)}",
)
def test_odd_texts_are_texts(tagger: Tagger, text: str) -> None:
    for entity in tagger.tag(text):
        assert text[entity.start_char : entity.end_char] == entity.text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"abc", r"text 2: found bytes, expected str. Decode it first: text.decode\('utf-8'\)"),
        (None, r"text 2: found NoneType, expected str\. Leave missing texts out"),
        (float("nan"), r"text 2: found float, expected str\. Leave missing texts out"),
        (["অসম"], "text 2: found list, expected str"),
        ("অসম \udce0", r"text 2: lone surrogate U\+DCE0 at character 4"),
        ("\ud83d😀", r"lone surrogate U\+D83D at character 0"),
    ],
)
def test_what_is_no_text_is_refused_in_its_turn(tagger: Tagger, text: Any, message: str) -> None:
    results = tagger.tag_many(["অসম", text], batch_size=1)
    next(results)
    with pytest.raises(TextError, match=message):
        next(results)


@pytest.mark.parametrize(
    "texts",
    [["অসম"], ("অসম", "দাস"), (text for text in ["অসম"]), {"text": "অসম"}, np.array(["অসম"]), []],
    ids=lambda texts: type(texts).__name__,
)
def test_several_texts_are_not_one(tagger: Tagger, texts: Any) -> None:
    with pytest.raises(TypeError, match=r"expected one str\. For several texts use tag_many") as at:
        tagger.tag(texts)
    assert isinstance(at.value, TextError)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"abc", r"text: found bytes, expected str\. Decode it first"),
        (None, r"text: found NoneType, expected str\. Leave missing"),
        (7, "text: found int, expected str"),
        (Path("letter.txt"), "text: found .*Path, expected str"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_one_text_is_a_string(tagger: Tagger, text: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        tagger.tag(text)


def test_a_tagger_shows_what_it_is(tagger: Tagger) -> None:
    named = Tagger(replace(tagger.model, name="runs/as"), types=["LOC", "PER"])
    assert repr(named) == "Tagger('runs/as', types=('PER', 'LOC'))"


@pytest.mark.parametrize("text", ["অসম", b"abc"])
def test_one_text_is_not_several(tagger: Tagger, text: Any) -> None:
    with pytest.raises(TextError, match=r"found one .*expected several texts"):
        tagger.tag_many(text)
    with pytest.raises(TextError, match="expected several texts"):
        next(tagger.tag_stream(text))


def test_words_are_tagged_as_the_model_says(tagger: Tagger) -> None:
    words = ["অসম", '"', "কলিকতা", "", "দাস", "।", "ab c"] * 9
    joined = " ".join(words)
    (found,) = tagger.tag_words_many([words])
    expected = naive_spans(tagger, words)
    assert [(e.start_word, e.end_word, e.type) for e in found] == [e[:3] for e in expected]
    for entity in found:
        assert entity.text == " ".join(words[entity.start_word : entity.end_word])
        assert joined[entity.start_char : entity.end_char] == entity.text
    assert tagger.tag_words([]) == []
    assert [len(f) for f in tagger.tag_words_many([[], words, []], batch_size=2)] == [
        0,
        len(found),
        0,
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("অসম কলিকতা", "sentence 1: found str, expected a list of words. For running text"),
        (7, "sentence 1: found int"),
        (["অসম", 7], "sentence 1, word 1: found int, expected str"),
        (["a\udc80"], r"sentence 1, word 0: lone surrogate U\+DC80 at character 1"),
    ],
)
def test_what_are_no_words_is_refused(tagger: Tagger, words: Any, message: str) -> None:
    with pytest.raises(TextError, match=message):
        tagger.tag_words(words)


def test_types_and_scores_filter(model_folder: Path, tagger: Tagger) -> None:
    everything = tagger.tag(LONG)
    chosen = Tagger.load(model_folder, types=["LOC", "PER"], min_score=0.6)
    assert chosen.types == ("PER", "LOC")
    expected = [e for e in everything if e.type != "ORG" and e.score >= 0.6]
    assert 0 < len(expected) < len(everything)
    assert_same(chosen.tag(LONG), expected)
    assert_same(chosen.tag_words(LONG.split()), expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"types": ["PER", "MISC"]}, "no entity type MISC; expected some of PER, ORG, LOC"),
        ({"types": "PERSON"}, "no entity type PERSON"),
        ({"min_score": 1.5}, "min_score is 1.5, expected a probability"),
        ({"min_score": float("nan")}, "min_score is nan"),
        ({"n_threads": 0}, "n_threads is 0"),
    ],
)
def test_options_out_of_range_are_refused(
    model_folder: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        Tagger.load(model_folder, **options)


def test_a_batch_of_nothing_is_refused(tagger: Tagger) -> None:
    for call in (tagger.tag_many, tagger.tag_words_many):
        with pytest.raises(InputError, match="batch_size is 0"):
            call([], batch_size=0)


def test_temperature_changes_scores_and_no_entity(tagger: Tagger) -> None:
    cool = Tagger(replace(tagger.model, manifest=cooled(tagger.model.manifest, 3.0)))
    plain, scored = tagger.tag(LONG), cool.tag(LONG)
    assert [replace(e, score=0) for e in plain] == [replace(e, score=0) for e in scored]
    sure = [(p.score, c.score) for p, c in zip(plain, scored, strict=True) if p.score > 0.8]
    assert sure
    assert all(after < before for before, after in sure)


def test_several_threads_may_share_a_tagger(model_folder: Path) -> None:
    tagger = Tagger.load(model_folder, n_threads=2)
    texts = [LONG[i : i + 300] for i in range(40)]
    expected = [tagger.tag(text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        for found, alone in zip(pool.map(tagger.tag, texts * 3), expected * 3, strict=True):
            assert_same(found, alone)


FORK = """
import os, signal, sys, time
from nerbridge.tagging import Tagger
tagger = Tagger.load(sys.argv[1], n_threads=2)
text = "অসম কলিকতা দাস " * 200
def found():
    return [(entity.start_char, entity.end_char, entity.type) for entity in tagger.tag(text)]
expected = found()
time.sleep(0.5)  # the session's threads go to sleep
if os.fork() == 0:
    signal.alarm(60)  # rather than to hang
    same = found() == expected
    if os.fork() == 0:
        sys.exit(not (same and found() == expected))
    sys.exit(not same or os.wait()[1] != 0)
status = os.wait()[1]
print("same" if found() == expected and status == 0 else f"status {status}")
"""


def run(program: str, *arguments: str) -> str:
    """What a program of its own prints; it must end, and end well."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=90,
    )
    assert not done.stderr
    return done.stdout.strip()


def test_a_tagger_survives_forks_and_the_children_end(model_folder: Path) -> None:
    assert run(FORK, str(model_folder)) == "same"


IMPORTS = """
import json, sys
from nerbridge.tagging import Tagger
before = sorted({name.split(".")[0] for name in sys.modules})
Tagger.load(sys.argv[1]).tag("অসম")
print(json.dumps([before, sorted({name.split(".")[0] for name in sys.modules})]))
"""


def test_tagging_needs_no_heavy_library(model_folder: Path) -> None:
    before, after = json.loads(run(IMPORTS, str(model_folder)))
    heavy = {"torch", "transformers", "peft", "huggingface_hub", "pandas", "pyarrow"}
    assert not heavy & set(after)
    assert "onnxruntime" in set(after) - set(before)


def test_without_torch_the_message_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "adapter_config.json").write_text("{}")
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "nerbridge.models.trained", raising=False)
    with pytest.raises(EnvironmentProblem, match=r"needs torch.*pip install 'nerbridge\[train\]'"):
        Tagger.load(tmp_path)


MESSAGES = ["অসম কলিকতা দাস 😀", "", "#কলিকতা_বাতৰি @দাস!!!", "দাসসস https://example.org"]
NOISES = ["😀", "👨‍👩‍👧", "🇮🇳", "https://example.org/অসম", "@some_one", "a@example.org", "#"]


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


def test_a_message_that_is_no_text_is_refused_in_its_turn(tagger: Tagger) -> None:
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


@given(text=any_text, noise=st.sampled_from(NOISES))
@properties
def test_offsets_are_exact_whatever_stands_there(tagger: Tagger, text: str, noise: str) -> None:
    noisy = f"{noise}{text} {noise}{text}!!!{noise}"
    for entity in tagger.tag(noisy):
        assert noisy[entity.start_char : entity.end_char] == entity.text
        assert not {"😀", "#", "👨‍👩‍👧", "🇮🇳"} & set(entity.text)


@given(text=indic_text)
@pytest.mark.parametrize("noise", NOISES)
@properties
def test_noise_beside_a_sentence_changes_none_of_its_entities(
    tagger: Tagger, noise: str, text: str
) -> None:
    sentence = f"{' '.join(text.replace('#', '').split())} ক।"
    before = [(e.type, e.text) for e in tagger.tag(sentence)]
    assert [(e.type, e.text) for e in tagger.tag(f"{noise} {sentence}")] == before
    assert [(e.type, e.text) for e in tagger.tag(f"{sentence} {noise}")] == before


def test_no_entity_reaches_over_an_emoji_but_over_the_joint_of_a_hashtag(tagger: Tagger) -> None:
    def one_entity(ids: Any, mask: Any) -> Any:
        logits = np.zeros((*ids.shape, 7), dtype=np.float32)
        logits[..., 2] = 50.0  # I-PER goes on and on
        logits[:, 1, :] = np.eye(7)[1] * 50.0
        return logits

    greedy = Tagger(replace(tagger.model, forward=one_entity))
    assert [e.text for e in greedy.tag("#অসম_দাস")] == ["অসম_দাস"]
    assert "😀" not in "".join(e.text for e in greedy.tag("অসম 😀 দাস"))
