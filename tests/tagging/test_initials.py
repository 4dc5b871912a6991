import pytest

from nerbridge.labels import Span
from nerbridge.tagging import Tagger
from nerbridge.tagging.initials import join_initials


@pytest.mark.parametrize(
    ("words", "found", "expected"),
    [
        ("এম. ডব্লিউ. দাস", [(2, 3, "PER")], [(0, 3, "PER")]),
        ("কালি W. B. Yeats", [(2, 4, "PER")], [(1, 4, "PER")]),
        ("एन. दास और पी. वर्मा", [(1, 2, "PER"), (4, 5, "PER")], [(0, 2, "PER"), (3, 5, "PER")]),
        ("ওয়াই. কে. দাস", [(0, 1, "LOC"), (1, 3, "PER")], [(0, 3, "PER")]),
        ("দাস এ. সেন", [(0, 1, "PER"), (2, 3, "PER")], [(0, 1, "PER"), (1, 3, "PER")]),
        ("পি.পি. মহম্মদ", [(0, 1, "PER"), (1, 2, "PER")], [(0, 2, "PER")]),
        ("এইচ. ডি. দাস", [(0, 2, "ORG"), (2, 3, "PER")], [(0, 3, "PER")]),
        # Initials alone are often no person: the word behind them stays outside.
        ("আই. এন. ফৌজত", [(0, 2, "PER")], [(0, 2, "PER")]),
        # Not before other types, no titles, no list numbers.
        ("এন. আৰ. চি.", [(2, 3, "ORG")], [(2, 3, "ORG")]),
        ("ড. দাস", [(1, 2, "PER")], [(1, 2, "PER")]),
        ("ক. ৰমেন", [(1, 2, "PER")], [(1, 2, "PER")]),
        ("A. Ramen", [(1, 2, "PER")], [(1, 2, "PER")]),
        ("A. B. Ramen", [(1, 3, "PER")], [(0, 3, "PER")]),
        ("এ.জি. এম. দাস", [(0, 2, "ORG"), (2, 3, "PER")], [(0, 3, "PER")]),
        ("অসম এ. দাস", [(0, 2, "LOC"), (2, 3, "PER")], [(0, 2, "LOC"), (2, 3, "PER")]),
    ],
)
def test_persons_begin_with_all_their_initials(
    words: str, found: list[tuple[int, int, str]], expected: list[tuple[int, int, str]]
) -> None:
    spans = [(Span(*span), 0.5) for span in found]
    assert join_initials(words.split(), spans) == [(Span(*span), 0.5) for span in expected]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("সভাত চি. এন. বৰুৱা উপস্থিত আছিল।", "চি. এন. বৰুৱা"),
        ("সভাত ডাব্লিউ. এন. বৰুৱা উপস্থিত আছিল।", "ডাব্লিউ. এন. বৰুৱা"),
        ("কালি এন.এচ. শৰ্মা আহিছিল।", "এন.এচ. শৰ্মা"),
        ("कल वी. के. शर्मा दिल्ली आए थे।", "वी. के. शर्मा"),
        ("গতকাল জেড. কে. দাস ঢাকায় এসেছিলেন।", "জেড. কে. দাস"),
    ],
)
def test_the_bundled_tagger_finds_the_whole_name(text: str, name: str) -> None:
    tagger = Tagger.load("bundled:as", n_threads=1)
    assert name in [entity.text for entity in tagger.tag(text) if entity.type == "PER"]
