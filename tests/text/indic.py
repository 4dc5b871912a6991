"""Random Assamese, Bengali and Hindi text with all that makes it hard, for property tests."""

import unicodedata

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

#: The same examples on every run, and no failure because the machine is busy.
properties = settings(
    deadline=None,
    derandomize=True,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)

_CONSONANTS = {"Beng": "কখগচজটডতদনপবভমযরলশষসহৰৱৎঙঞণ", "Deva": "कखगचजटडतदनपबभमयरलवशषसहळऩङञण"}
_VOWELS = {"Beng": "অআইঈউঋএঐওঔ", "Deva": "अआइईउऋएऐओऔऑऍ"}
_SIGNS = {"Beng": ["", *"ািীুূৃেৈোৌ"], "Deva": ["", *"ािीुूृेैोौॉॅ"]}
_NUKTA_LETTERS = {"Beng": "\u09dc\u09dd\u09df", "Deva": "\u0958\u095b\u095c\u095d\u095f"}
_VIRAMA = {"Beng": "্", "Deva": "्"}
_ENDS = {"Beng": ["", "", "", *"ঁংঃ"], "Deva": ["", "", "", *"ँंः"]}
_DIGITS = {"Beng": "০১২৩৪৫৬৭৮৯", "Deva": "०१२३४५६७८९"}
_JOINERS = ["", "", "", "\u200d", "\u200c"]
_BETWEEN = [*"    \n\u00a0-'॥(", "", ", ", "। ", "৷ ", "° ", ": ", ". "]
_STRANGE = [
    *"\ufeff\u00ad\u200b😀#@½",
    "👨\u200d👩\u200d👧",
    "e\u0301",
    "\r\n",
    "www.example.org/ক?b ",
]


def _of(characters: str | list[str]) -> st.SearchStrategy[str]:
    return st.sampled_from(list(characters))


def _joined(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map("".join)


def words_in(script: str) -> st.SearchStrategy[str]:
    """Pseudo-words of ``"Beng"`` or ``"Deva"``: conjuncts, nuktas, joiners, vowel signs."""
    letter = _of(_CONSONANTS[script]) | _of(_NUKTA_LETTERS[script])
    conjunct = _joined(letter, st.just(_VIRAMA[script]), _of(_JOINERS), letter)
    syllable = _joined(letter | conjunct, _of(_SIGNS[script]), _of(_JOINERS), _of(_ENDS[script]))
    parts = st.lists(syllable | syllable | _of(_VOWELS[script]), min_size=1, max_size=4)
    return parts.map("".join)


def _pieces() -> st.SearchStrategy[str]:
    scripts = [
        words_in(script) | st.text(_DIGITS[script], min_size=1, max_size=4) for script in _DIGITS
    ]
    plain = st.text("abcXYZ019", min_size=1, max_size=4) | _of(_STRANGE)
    word = scripts[0] | scripts[1] | plain
    form = st.sampled_from(["NFC", "NFD", None])
    return st.tuples(word, form).map(
        lambda pair: unicodedata.normalize(pair[1], pair[0]) if pair[1] else pair[0]
    )


#: Text of all three languages, each word in a Unicode form of its own.
indic_text = st.lists(_joined(_pieces(), _of(_BETWEEN)), max_size=6).map("".join)
#: The former, or any text at all.
any_text = indic_text | st.text(max_size=20)
