"""Where the Brahmic blocks of Unicode are not parallel: our own tables.

Unicode gives each of these scripts a block of 128 code points in the order of ISCII, so ক is to
Bengali as क is to Devanagari: the same distance from the start of the block. Only the exceptions
are listed here. Devanagari, which has the most letters, is the pivot.
"""

from __future__ import annotations

from collections.abc import Iterable

#: ISO 15924 code of every script handled, and the start of its block.
BLOCK_STARTS = {
    "Deva": 0x0900,
    "Beng": 0x0980,
    "Guru": 0x0A00,
    "Gujr": 0x0A80,
    "Orya": 0x0B00,
    "Taml": 0x0B80,
    "Telu": 0x0C00,
    "Knda": 0x0C80,
    "Mlym": 0x0D00,
}
BLOCK_LENGTH = 0x80

#: Offsets, or first and last of them, that mean the same in every script.
NASAL_SIGNS = (0x01, 0x02)
VISARGA = 0x03
VOWELS = (0x05, 0x14)
CONSONANTS = (0x15, 0x39)
NUKTA = 0x3C
VOWEL_SIGNS = (0x3E, 0x4C)
VIRAMA = 0x4D
WHOLE_BLOCK = (0x00, 0x7F)

#: Offsets that mean the same in every script that has them: signs, vowels and consonants, nukta
#: and avagraha, vowel signs and virama, the rare vocalic letters, digits. Not among them: the
#: dandas (U+0964, U+0965 serve all scripts) and 0x4E–0x5F, 0x70–0x7F, which differ by script.
PARALLEL_OFFSETS = (
    *range(0x01, 0x04),
    *range(0x05, 0x3A),
    *range(0x3C, 0x4E),
    *range(0x60, 0x64),
    *range(0x66, 0x70),
)

_NO_SHORT = (0x0D, 0x0E, 0x11, 0x12, 0x45, 0x46, 0x49, 0x4A)
_VOCALIC = (0x60, 0x61, 0x62, 0x63)
#: Of the parallel offsets, those that a script leaves empty (or, U+0D3C, uses for something else).
#: Written out, not asked of ``unicodedata``, so that every Python gives the same model input.
MISSING_OFFSETS: dict[str, tuple[int, ...]] = {
    "Deva": (),
    "Beng": (*_NO_SHORT, 0x29, 0x31, 0x33, 0x34, 0x35),
    "Guru": (*_NO_SHORT, *_VOCALIC, 0x0B, 0x0C, 0x29, 0x31, 0x34, 0x37, 0x3D, 0x43, 0x44),
    "Gujr": (0x0E, 0x12, 0x29, 0x31, 0x34, 0x46, 0x4A),
    "Orya": (*_NO_SHORT, 0x29, 0x31, 0x34),
    "Taml": (
        *(0x01, 0x0B, 0x0C, 0x0D, 0x11, 0x16, 0x17, 0x18, 0x1B, 0x1D, 0x20, 0x21, 0x22, 0x25),
        *(0x26, 0x27, 0x2B, 0x2C, 0x2D, 0x3C, 0x3D, 0x43, 0x44, 0x45, 0x49, *_VOCALIC),
    ),
    "Telu": (0x0D, 0x11, 0x29, 0x3C, 0x45, 0x49),
    "Knda": (0x0D, 0x11, 0x29, 0x34, 0x45, 0x49),
    "Mlym": (0x0D, 0x11, 0x3C, 0x45, 0x49),
}

#: Letters outside the parallel offsets, or spelled with two code points, as Devanagari.
INTO_DEVANAGARI: dict[str, dict[str, str]] = {
    "Deva": {},
    "Beng": {
        "ৰ": "र",
        "ৱ": "व",
        "ৎ": "त्",
        "য\u09bc": "य",  # Bengali ya is য় where Hindi has य; Hindi never writes य़
        "ৗ": "ौ",
        "ৼ": "ं",
    },
    "Guru": {
        "ਁ": "ँ",
        "ਸ\u0a3c": "श",
        "ਲ\u0a3c": "ळ",
        "ੜ": "ड\u093c",
        "ੰ": "ं",
        "ੲ": "इ",
        "ੳ": "उ",
        "ੴ": "ओं",
        "ੵ": "्य",
    },
    "Gujr": {"ૐ": "ॐ", "ૹ": "ज\u093c"},
    "Orya": {"ୟ": "य", "ୱ": "व", "ୖ": "ै", "ୗ": "ौ"},
    "Taml": {"ௐ": "ॐ", "ௗ": "ौ"},
    "Telu": {"ఀ": "ँ", "ౘ": "च", "ౙ": "ज", "ౚ": "ऱ", "ౝ": "न्"},
    "Knda": {"ಀ": "ँ", "ೝ": "न्", "ೞ": "ऴ"},
    "Mlym": {
        "ഀ": "ं",
        "ഺ": "ट",
        "ൎ": "र्",
        "ൔ": "म्",
        "ൕ": "य्",
        "ൖ": "ऴ्",
        "ൗ": "ौ",
        "ൟ": "ई",
        "ൺ": "ण्",
        "ൻ": "न्",
        "ർ": "र्",
        "ൽ": "ल्",
        "ൾ": "ळ्",
        "ൿ": "क्",
    },
}

#: Nearest simpler Devanagari spelling of a letter that the target script lacks; tried again if
#: that is lacking too. An empty string drops the sign.
SIMPLER: dict[str, str] = {
    "ऀ": "ँ",
    "ँ": "ं",
    "ऄ": "अ",
    "ऋ": "रि",
    "ॠ": "री",
    "ऌ": "लि",
    "ॡ": "ली",
    "ृ": "्रि",
    "ॄ": "्री",
    "ॢ": "्लि",
    "ॣ": "्ली",
    "ऍ": "ए",
    "ऎ": "ए",
    "ऑ": "ओ",
    "ऒ": "ओ",
    "ॅ": "े",
    "ॆ": "े",
    "ॉ": "ो",
    "ॊ": "ो",
    "ऩ": "न\u093c",
    "ऱ": "र\u093c",
    "ऴ": "ळ\u093c",
    "ळ": "ल",
    "व": "ब",
    "ष": "श",
    "ऽ": "",
    "\u093c": "",
    "ॐ": "ओं",
    "ॲ": "ऍ",
    "ॳ": "अ",
    "ॴ": "आ",
    "ॵ": "औ",
    "ॶ": "उ",
    "ॷ": "ऊ",
    "ॸ": "ड",
    "ॹ": "ज\u093c",
    "ॺ": "य",
    "ॻ": "ग",
    "ॼ": "ज",
    "ॾ": "ड",
    "ॿ": "ब",
    # Tamil writes one letter for voiced, voiceless and aspirated stops.
    "ख": "क",
    "ग": "क",
    "घ": "क",
    "छ": "च",
    "झ": "ज",
    "ठ": "ट",
    "ड": "ट",
    "ढ": "ट",
    "थ": "त",
    "द": "त",
    "ध": "त",
    "फ": "प",
    "ब": "प",
    "भ": "प",
}

#: What a script writes for a Devanagari letter, where SIMPLER would not give its own custom.
OUT_OF_DEVANAGARI: dict[str, dict[str, str]] = {
    # ऍ ॅ are the vowel of "cat", for which Bengali writes অ্যা and ্যা (ऍप → অ্যাপ).
    # ऑ ॉ are the vowel of "doctor": অ at the start, া inside (डॉक्टर → ডাক্টর).
    "Beng": {"ऍ": "অ্যা", "ॅ": "্যা", "ऑ": "অ", "ॉ": "া", "ॐ": "ওঁ"},
    "Gujr": {"ॐ": "ૐ"},
    "Taml": {"ॐ": "ௐ"},
    "Guru": {"ऴ": "ਲ\u0a3c", "ळ": "ਲ\u0a3c", "श": "ਸ\u0a3c"},
}

#: Bengali and Assamese share a script but for ra and wa.
ASSAMESE_TO_SHARED = {"ৰ": "র", "ৱ": "ব"}


def at_offsets(*offsets: int | tuple[int, int], scripts: Iterable[str] = BLOCK_STARTS) -> str:
    """Characters at offsets of the blocks of some scripts, for a class of a regular expression.

    >>> at_offsets(0x4D, (0x15, 0x39), scripts=["Beng"]) == "\u09cd\u0995-\u09b9"
    True
    """
    starts = [BLOCK_STARTS[script] for script in scripts if script in BLOCK_STARTS]
    return "".join(
        chr(start + place)
        if isinstance(place, int)
        else f"{chr(start + place[0])}-{chr(start + place[1])}"
        for start in starts
        for place in offsets
    )
