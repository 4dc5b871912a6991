"""Text that a tagger of Indic script cannot read well: Assamese in Latin letters, other scripts."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence

import regex

from nerbridge.text.model_input import NATIVE_FOLDED
from nerbridge.text.script import detect_script

_MIN_SHARE = 0.2
_MIN_WORDS = 3
"""Of a shorter text nothing is said about its script: a name alone may stand in any."""
_KNOWN_SCRIPTS = ("Beng", "Deva")
_SCRIPT_NAMES = {"Beng": "Bengali–Assamese", "Deva": "Devanagari", "Gujr": "Gujarati"}

# What stands in messages and is of no language.
_UNSPOKEN = regex.compile(r"(?:https?://|www\.)\S+|[#@]\w+|(?<![^\s@])[^\s@]++@\S+")
_APOSTROPHE = regex.compile("['’]")
_LENGTHENED = regex.compile(r"(\p{L}|\p{M})\1{2,}")
_WORD = regex.compile(r"\p{L}[\p{L}\p{M}]*")
_LATIN = regex.compile(r"[a-z]+")

# As people spell them in messages. A word that is English too (to, are, more, din, hat) is left
# out; so is what Indic languages share with nothing but chance.
_ASSAMESE = """
moi muk mok mur mor moiu amak amar ami tumi tumak tumar tomar tomak apuni apunar apunak aponar
apunaloke aponi tai tair taik tay teu teo tewor teonk teok tekhet tekhetor xi tak iyar iyat
ei eitu eiye eibur hei xei seitu heitu xeitu xeibor eibor xeiye hihote xihote tahat amiu
ki kio kiyo kiu kiman kimaan kot kun kune kunu kenekoi kene kenekua kenekuwa ketia ketiya ketiyaba
kuntu kontu kak kar kiba kinu konoba kunuba kote
aru aaru ba kintu jodi jodiu karon karone karonei tothapi hoi hoy nohoi nohoy ase asa asu aso asil
asile asilu nasil nasile nai naai nae nake nakai thaka thake thakok hol hole holeu hobo hoba hobole
hobone hua hoise hoisil hoisilu hoiase gol gole goisil goisilu goise goi loi logot loge lage lagil
lagibo lagise laage bhal bhaal vaal besi bohut bohot olop olpo eku kunufale sob xob sobe xokolu
sokolu xokole sokolure manuh ghor ghoror ghorot xomoi homoi somoy somoi aji aaji kali kaali kalir
ajir ajike ratipua gaon gaonor dhonnobad dhanyabad nomoskar namaskar koribo koribo korim koru koro
kora kore koribole koribi koriba korisu korise korisil korisilu koriso koril korile korilu korok kok
kua kol kole koise koisil kobo kom jau jai jabo jabole jaba jaboi ahim ahibo ahise ahisu ahil
ahile ahisil aha ahok dibo dise disil dile dilu diya diyok pabo pam palu pale paise paisu paisil
khabo kham khalu khale khaise dekhilu dekhisu dekhise dekhil jana janu jane najanu najane buji
bujilu bujisu nubujilu xunisu hunisu xuna huna lora suwali bhaiti bhonti deuta kotha kothatu kotbor
pisot pase agot maje majot bhitorot usorot tetia tetiya etia etiya ekhon ejon eta etake duta duijon
tinijon xokolobor bule buli nohole nalage nalagile nuarilu nuware nuaru pare parim paribo parile
paru dangor soru notun puroni xundor hundor dhuniya xosa hosa jibon mon monot manuhe manuhor
manuhok bhale bhalne asane asene bhir goisene khobor bisarisu
"""
_RELATED = """
hai hain hoon nahi nahin kya kyun kyon kaise kahan mujhe mera meri mere tera tere tumhara hamara
aap aapka aapko apka apko aur bhi karo karna karta karte raha rahe rahi gaya gayi tha thi hoga
hogi woh yeh yahan wahan abhi bahut accha acha achha
keno kemon bhalo achi ache achhe hobe korbo korchi korche korte jabo jachhi kothay ekta onek sathe
jonno tumi amra tomra amader tomader apnar apnake
"""
_ENGLISH = """
the a an of and is are was were be been to in on at for with from by as that this these those it its
he she they we you i my your his her their our not no yes do does did have has had will would can
could should may if or but so what when where who why how which there here about into over than then
some any all more most other new after before also just only very up out get got go going make made
one two said says please thanks thank hello hi again today now first last year day people back
"""
_INDIC_WORDS = frozenset(_ASSAMESE.split()) | frozenset(_RELATED.split())
_ENGLISH_WORDS = frozenset(_ENGLISH.split())
# Endings that hardly an English word has, behind a stem of two letters or more.
_INDIC_ENDING = regex.compile(
    r"..+(?:isil[aeiou]?|isu|isilu|ilu|iso|ibole|oloi|aloi|iloi|uloi|xokol|hokol|sokol|bilak|bilake|"
    r"bilakor|hotor|hotok|khini|khoni|khonot|jonor|jone|jonk|tuwe|tuk|tur|iboloi|oisil|isilo|aisil)"
)
_X_START = regex.compile(r"x(?:[aou]|e(?!ro|no)|i(?!a|n))[a-z]+")


def romanised_share(text: str) -> float:
    """Share of the words that look like Assamese, or a language near it, in Latin letters.

    From 0 to 1; of words that have letters, without addresses, mentions and hashtags. Known are
    the most frequent words and some endings, so that running text reaches about half.

    >>> romanised_share("moi Guwahatit asu") > 0.6
    True
    >>> romanised_share("The minister went to Guwahati"), romanised_share("মই ঘৰলৈ যাওঁ")
    (0.0, 0.0)
    """
    words = _words(text)
    return sum(map(_is_romanised, words)) / len(words) if words else 0.0


def looks_romanised(text: str) -> bool:
    """Whether the text is mostly Assamese, or a language near it, in Latin letters.

    English is not, nor is text in Indic letters with some Latin words in it.

    >>> looks_romanised("Tumi kali ketia ahiba?"), looks_romanised("Will you come tomorrow?")
    (True, False)
    """
    return _look_romanised(_words(text))


def _look_romanised(words: Sequence[str]) -> bool:
    n_latin = _count_latin(words)
    found = [word for word in words if _is_romanised(word)]
    n_romanised = len(found)
    n_english = sum(word in _ENGLISH_WORDS for word in words)
    return (
        2 * n_latin > len(words)
        # One word twice is no two signs ("hai" is Italian too), nor are words in x- alone
        # (Catalan, pinyin).
        and len(set(found)) >= min(2, len(set(words)))
        and any(word in _INDIC_WORDS or not _X_START.fullmatch(word) for word in found)
        and n_romanised > n_english
        and n_romanised >= _MIN_SHARE * len(words)
    )


def notices_for(
    text: str, script: str | None = "Beng", trained_on: Collection[str] = ()
) -> list[str]:
    """What to tell somebody who wants this text tagged: one sentence each, often none.

    Args:
        text: what is to be tagged.
        script: ISO 15924 code of the script that the model reads. None or `NATIVE_FOLDED`: words in
            their own script; then only Latin letters are noticed. Bengali–Assamese and Devanagari
            are taken as known to every model, since the source languages are written in them.
        trained_on: codes of further scripts that the model's training text was written in.

    >>> notices_for("moi Guwahatit asu aru bhal pau")[0][:40]
    'This looks like Assamese in Latin letter'
    >>> notices_for("তেওঁ Google ত কাম কৰে")
    []
    """
    script = None if script == NATIVE_FOLDED else script
    reads = f"the tagger reads {_SCRIPT_NAMES.get(script or 'Beng', script)} script"
    words = _words(text)
    if len(words) < _MIN_WORDS:
        return []
    if _look_romanised(words):
        return [
            f"This looks like Assamese in Latin letters; {reads} and will miss most names. "
            "Write it in Assamese letters first."
        ]
    if 2 * _count_latin(words) > len(words):
        return [
            f"This is mostly in Latin letters, such as English; {reads} and will miss most names."
        ]
    letters = "".join(words)
    if script is None or detect_script(letters) in (
        script,
        "Latn",
        *_KNOWN_SCRIPTS,
        *trained_on,
    ):
        return []
    name = _name_script(letters)
    return [f"This is mostly in {name} script; {reads} and was not trained on this one."]


def _words(text: str) -> list[str]:
    """The words with letters, in lower case, without apostrophes, ``bhaaal`` as ``bhal``."""
    spoken = _APOSTROPHE.sub("", _UNSPOKEN.sub(" ", text).lower())
    words: list[str] = _WORD.findall(_LENGTHENED.sub(r"\1", spoken))
    return words


def _count_latin(words: Sequence[str]) -> int:
    return sum(_LATIN.fullmatch(word) is not None for word in words)


def _is_romanised(word: str) -> bool:
    if _LATIN.fullmatch(word) is None or word in _ENGLISH_WORDS:
        return False
    return (
        word in _INDIC_WORDS
        or _INDIC_ENDING.fullmatch(word) is not None
        or _X_START.fullmatch(word) is not None
    )


def _name_script(text: str) -> str:
    """The first word of its letters' Unicode names, such as Tamil; of equals, the first."""
    letters = (char for char in text if char.isalpha())
    names = Counter(unicodedata.name(char, "another").split()[0] for char in letters)
    return names.most_common(1)[0][0].capitalize().replace("Cjk", "Chinese")
