import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nerbridge.selection.diversity import NEAR_DUPLICATE, choose_diverse, texts_to_vectors
from text.indic import any_text, properties

FLOOD = "গুৱাহাটী মহানগৰীত আজি প্ৰৱল বৰষুণৰ ফলত কৃত্ৰিম বানপানীৰ সৃষ্টি হৈছে"
OTHERS = [
    "কাজিৰঙাৰ গঁড় চাবলৈ বিদেশী পৰ্যটক আহিছে",
    "শিৱসাগৰত এখন নতুন পুথিভঁৰাল মুকলি কৰা হয়",
    "ফুটবল খেলত যোৰহাটৰ দলটোৱে বিজয় লাভ কৰে",
]


def test_near_duplicates_are_taken_once() -> None:
    copies = [FLOOD, f"{FLOOD}।", f"“{FLOOD}” !", FLOOD.replace("আজি", "কালি")]
    texts = [*copies, *OTHERS]
    values = [9.0, 8.9, 8.8, 8.7, 1.0, 1.0, 1.0]
    assert sorted(choose_diverse(texts, values, 7)) == [0, 4, 5, 6]


@given(texts=st.lists(any_text, max_size=12), n=st.integers(0, 12), seed=st.integers(0, 3))
@properties
def test_chosen_are_distinct_unlike_and_the_same_each_time(
    texts: list[str], n: int, seed: int
) -> None:
    values = [float(len(text)) for text in texts]
    chosen = choose_diverse(texts, values, n, seed=seed)
    assert chosen == choose_diverse(texts, values, n, seed=seed)
    assert len(set(chosen)) == len(chosen) <= n
    if chosen:
        assert values[chosen[0]] == max(values)
        vectors = texts_to_vectors(texts, seed=seed)[chosen]
        likeness = vectors @ vectors.T - np.eye(len(chosen))
        assert likeness.max() < NEAR_DUPLICATE + 1e-3


def test_the_unlike_goes_before_the_like() -> None:
    half_like = f"{FLOOD} আৰু বহু লোকে অসুবিধাত পৰিছে বুলি কোৱা হৈছে অথচ চৰকাৰ নীৰৱ হৈ আছে"
    assert choose_diverse([FLOOD, half_like, OTHERS[0]], [3.0, 2.9, 2.7], 2) == [0, 2]
    assert choose_diverse([FLOOD, half_like, OTHERS[0]], [3.0, 2.9, 0.1], 2) == [0, 1]
