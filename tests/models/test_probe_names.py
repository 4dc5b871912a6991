"""Names: an encoder whose neighbours are known, and rankings worked out by hand."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nerbridge.errors import InputError
from nerbridge.models.encoder import EncoderSource
from nerbridge.models.probe import ProbedEncoder, load_probed
from nerbridge.models.probe_names import (
    Neighbour,
    answer_rank,
    consonants,
    embed_names,
    find_nearest_names,
    find_shared_names,
    read_gazetteer,
    score_retrieval,
)

MakeEncoder = Callable[..., EncoderSource]


@pytest.fixture(scope="module")
def letter_encoder(make_encoder: MakeEncoder) -> ProbedEncoder:
    """Every letter has an axis of its own, with or without a space; the layers change nothing.

    So the cosine of two names is that of their bags of letters (but for the layer norms, which
    take the mean off: 1/255 of it).
    """
    probed = load_probed(make_encoder(hidden_size=256).id, "Beng")
    encoder = probed.model.base_model
    with torch.no_grad():
        for layer in encoder.encoder.layer:
            for dense in (layer.attention.output.dense, layer.output.dense):
                dense.weight.zero_()
                dense.bias.zero_()
        encoder.embeddings.position_embeddings.weight.zero_()
        encoder.embeddings.token_type_embeddings.weight.zero_()
        vocabulary = probed.tokenizer.get_vocab()
        axes = {piece: i for i, piece in enumerate(sorted({p.strip("▁") for p in vocabulary}))}
        weights = torch.zeros(len(vocabulary), 256)
        for piece, id_ in vocabulary.items():
            weights[id_, axes[piece.strip("▁")]] = 1.0
        encoder.embeddings.word_embeddings.weight.copy_(weights)
    return probed


def test_cosines_are_those_of_the_letters(letter_encoder: ProbedEncoder) -> None:
    vectors = embed_names(letter_encoder, ["abc", "cab", "abd", "x y", "yx", "abc" * 99])
    cosines = vectors @ vectors.T
    assert vectors.shape == (6, 256)
    assert np.diag(cosines) == pytest.approx(1.0)
    assert cosines[0, 1] == pytest.approx(1.0)
    assert cosines[0, 2] == pytest.approx(2 / 3, abs=0.02)
    assert cosines[0, 3] == pytest.approx(0.0, abs=0.02)
    assert cosines[3, 4] == pytest.approx(1.0)
    assert cosines[0, 5] == pytest.approx(1.0, abs=0.01), "too long: its first subwords are read"


def test_vectors_are_means_of_the_last_states_without_special_tokens(
    encoder: EncoderSource,
) -> None:
    probed = load_probed(encoder.id, None)
    names = ["কখ গ", "ঘ"]
    for name, vector in zip(names, embed_names(probed, names), strict=True):
        (sub,) = probed.encode([name.split()])
        with torch.inference_mode():
            states = probed.model.base_model(torch.tensor([[0, *sub.ids, 2]])).last_hidden_state
        mean = states[0, 1:-1].mean(0)
        assert vector == pytest.approx((mean / mean.norm()).numpy(), abs=1e-5)


def test_a_name_of_nothing_is_near_to_nothing(letter_encoder: ProbedEncoder) -> None:
    vectors = embed_names(letter_encoder, ["", "a"])
    assert not vectors[0].any()
    assert embed_names(letter_encoder, []).shape == (0, 256)


def test_shared_names_have_the_consonants_but_not_the_form() -> None:
    assert consonants("গুৱাহাটী") == consonants("गुवाहाटी") == "গবহট"
    assert consonants("Guwahati") == ""
    names = ["মাজুলীত", "মাজুলীত", "দৰঙত", "ভাৰতত", "অসম", "London", "শিৱসাগৰ"]
    others = ["माजुलित", "ভারতত", "আসাম", "London", "শিবসাগর", "शिवसागोर"]
    # ভাৰতত and শিৱসাগৰ have their very form among the others, অসম too few consonants.
    assert find_shared_names(names, others) == ["মাজুলীত"]


def test_the_nearest_of_all_other_languages_come_first(letter_encoder: ProbedEncoder) -> None:
    mentions = {
        "as": ["মাজুলীত", "গোলাঘাটৰ", "কখ"],
        "bn": ["মাজুলিতে", "তলুমি", "গোলাঘাটেরা"],
        "hi": ["लजुमातु", "मजलत"],
    }
    found = find_nearest_names(letter_encoder, "as", mentions)
    assert (found.language, found.n) == ("as", 2)
    near = found.nearest["মাজুলীত"]
    # ম া জ ু ল ী ত: লজুমাতু shares all but ী and has a second ু; মজলত has four of seven letters.
    assert [(hit.language, hit.name) for hit in near] == [
        ("hi", "लजुमातु"),
        ("bn", "মাজুলিতে"),
        ("hi", "मजलत"),
    ]
    assert near[0].cosine == pytest.approx(7 / np.sqrt(7 * 9), abs=0.02)
    assert near[2].cosine == pytest.approx(4 / np.sqrt(7 * 4), abs=0.02)
    assert found.nearest["গোলাঘাটৰ"][0].name == "গোলাঘাটেরা"
    assert (found.n_found, found.share_found) == (2, 1.0)
    assert isinstance(near[0], Neighbour)


def test_no_shared_names_give_no_figure(letter_encoder: ProbedEncoder) -> None:
    found = find_nearest_names(letter_encoder, "as", {"as": ["অসম"], "bn": ["অসম"]})
    assert (found.n, found.share_found, found.nearest) == (0, None, {})


def test_identical_forms_are_found_and_counted_apart(letter_encoder: ProbedEncoder) -> None:
    names = {"as": ["অসম", "ভাৰত", "কখগ"], "hi": ["असम", "भारत", "गखक"]}
    there, back = score_retrieval(letter_encoder, names)
    assert (there.source, there.target, back.source, back.target) == ("as", "hi", "hi", "as")
    for pair in (there, back):
        assert pair.n_candidates == 3
        assert (pair.all.n, pair.all.precision_at_1, pair.all.mean_reciprocal_rank) == (3, 1.0, 1.0)
        assert (pair.different.n, pair.different.precision_at_1) == (1, 1.0)


def test_ranks_by_hand(letter_encoder: ProbedEncoder) -> None:
    # abc's answer xyz comes after bca and abd; cde's answer dec is first; "" and gap do not count.
    names = {"as": ["abc", "cde", "bcd", "", "e"], "bn": ["xyz", "dec", "bca", "abd", ""]}
    there, _ = score_retrieval(letter_encoder, names)
    assert (there.all.n, there.n_candidates) == (3, 3)
    # abc → bca, dec, xyz: 3; cde → dec: 1; bcd → its answer bca and dec (c, d) are as near: 2
    assert there.all.precision_at_1 == pytest.approx(1 / 3)
    assert there.all.mean_reciprocal_rank == pytest.approx((1 / 3 + 1 + 1 / 2) / 3)
    assert there.different == there.all


def test_a_name_in_several_rows_has_several_answers(letter_encoder: ProbedEncoder) -> None:
    names = {"as": ["ab", "ab", "cd"], "bn": ["xyz", "ba", "dcx"]}
    there, back = score_retrieval(letter_encoder, names)
    assert (there.all.n, there.all.precision_at_1) == (2, 1.0)
    assert back.all.n == 3
    # xyz shares no letter with ab or cd: equally near, so the wrong one counts as nearer
    assert back.all.precision_at_1 == pytest.approx(2 / 3)


def test_rows_without_both_cells_leave_nothing_to_search(letter_encoder: ProbedEncoder) -> None:
    there, _ = score_retrieval(letter_encoder, {"as": ["a", ""], "bn": ["", "b"]})
    assert (there.all.n, there.all.precision_at_1, there.all.mean_reciprocal_rank) == (
        0,
        None,
        None,
    )


@given(
    st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=1, max_size=8).flatmap(
        lambda values: st.tuples(
            st.just(values), st.sets(st.integers(0, len(values) - 1), min_size=1)
        )
    )
)
def test_ranks_are_those_of_a_list_sorted_against_the_answers(
    case: tuple[list[float], set[int]],
) -> None:
    values, answers = case
    order = sorted(range(len(values)), key=lambda i: (-values[i], i in answers))
    expected = 1 + next(rank for rank, i in enumerate(order) if i in answers)
    noise = 1e-7 * np.arange(len(values), dtype=np.float64)
    assert answer_rank(np.array(values, dtype=np.float64) + noise, list(answers)) == expected


def test_a_gazetteer_gives_its_languages_columns(tmp_path: Path) -> None:
    path = tmp_path / "names.tsv"
    path.write_text("\ufeffid\tbn\ten\tas \r\n1\tক\tk\t খ\r\n2\t\tx\tগ\n\n", encoding="utf-8")
    assert read_gazetteer(path, ["as", "bn", "hi"]) == {"as": ["খ", "গ"], "bn": ["ক", ""]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"id\tbn\ten\n", r":1: the columns are id, bn, en; expected at least two of as, bn, hi"),
        (b"", r":1: the columns are"),
        (b"as\tbn\na\tb\na\n", r":3: 1 cells, expected 2 as in line 1"),
        (b"as\tbn\n\xff\t\xfe\n", r"not UTF-8"),
    ],
)
def test_a_wrong_gazetteer_says_what_is_wrong(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "names.tsv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_gazetteer(path, ["as", "bn", "hi"])
