"""What is known of each language, in one registry: `LANGUAGES`.

A table has no logic. `abbreviations` says when a full stop belongs to a word of these tables. The
page has a copy of them: after a change run ``scripts/write-page-tables``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """One language.

    Attributes:
        code: ISO 639 code.
        letter_names: one line for every Latin letter: the letter and the spellings of its name, as
            initials have them (``এ. কে.``). A final virama (``एम्.``) need not be listed.
        abbreviations: words that own the full stop behind them wherever they stand: titles, units,
            parts of dates. A stop inside (``কি.মি``) is written, the last one is not.
        ambiguous: letter names and abbreviations that also end sentences. They own a full stop
            only beside another abbreviation.
        no_initials: words of one syllable that end sentences and abbreviate nothing.
    """

    code: str
    letter_names: str
    abbreviations: str
    ambiguous: str = ""
    no_initials: str = ""

    @property
    def letter_spellings(self) -> str:
        """The spellings of all Latin letters, separated by spaces."""
        return " ".join(" ".join(row.split()[1:]) for row in self.letter_names.splitlines())

    def spellings_of(self, letter: str) -> tuple[str, ...]:
        """The spellings of a Latin letter's name, the usual one first.

        >>> LANGUAGES["as"].spellings_of("H")
        ('এইচ', 'এইছ', 'এইস')
        """
        rows = (row.split() for row in self.letter_names.splitlines())
        return next(tuple(row[1:]) for row in rows if row[:1] == [letter])


_ASSAMESE = Language(
    "as",
    letter_names="""
        A এ
        B বি
        C চি ছি সি
        D ডি
        E ই
        F এফ
        G জি
        H এইচ এইছ এইস
        I আই
        J জে
        K কে
        L এল
        M এম
        N এন
        O ও
        P পি
        Q কিউ
        R আৰ আর
        S এছ এচ এস
        T টি
        U ইউ
        V ভি
        W ডব্লিউ ডাব্লিউ ডবলিউ ডাবলিউ ডব্লু ডাব্লু ডব্ল্যু ডব্লিও
        X এক্স এক্ছ এক্চ
        Y ৱাই ওৱাই ওয়াই
        Z জেড জেদ জেট
    """,
    abbreviations="""
        ড ডঃ ড০ ডা ডাঃ মো মোঃ মোছা মোছাঃ মুঃ মৌ মৌঃ মি মিঃ মিচ মিছ মিচেচ মিছেছ
        শ্ৰী শ্ৰীঃ শ্ৰীমতী শ্ৰীম প্ৰ প্ৰঃ প্ৰো প্ৰোঃ প্ৰফে প্ৰা প্ৰাঃ স্ব স্বৰ্গীঃ অধ্যা সম্পা ইঞ্জি
        লি লিঃ কোং কোঃ নং সং পৃ পৃঃ ইং তাং খ্ৰী খ্ৰীঃ খ্ৰি খ্ৰিঃ চাঃ ৰহঃ পোঃ
        কি.মি কি.মিঃ কি.গ্ৰা ছে.মি চে.মি মি.মি খ্ৰী.পূ ই.পূ বি.দ্ৰ
    """,
    ambiguous="জেদ",
)

_BENGALI = Language(
    "bn",
    letter_names="""
        A এ
        B বি
        C সি
        D ডি
        E ই
        F এফ
        G জি
        H এইচ
        I আই
        J জে
        K কে
        L এল
        M এম
        N এন
        O ও
        P পি
        Q কিউ
        R আর
        S এস
        T টি
        U ইউ
        V ভি
        W ডব্লিউ ডাব্লিউ ডবলিউ ডাবলিউ ডব্লু ডাব্লু ডব্ল্যু ডাব্ল্যু
        X এক্স
        Y ওয়াই
        Z জেড জেট জি
    """,
    abbreviations="""
        ড ডঃ ডা ডাঃ মো মোঃ মোহা মোহাঃ মোসা মোসাঃ মোছা মোছাঃ মু মুঃ মুহ মুহা মুহাঃ মি মিঃ
        শ্রী শ্রীঃ শ্রীমতী প্রফ প্রফে প্রো প্রোঃ প্রা প্রাঃ অধ্যা সম্পা ইঞ্জি এড অ্যাড এডভো লে ব্রি
        লি লিঃ কোং কোঃ নং সং পৃ পৃঃ ইং খ্রি খ্রিঃ খ্রী খ্রীঃ সাঃ সা রাঃ রা রহ রহঃ আঃ হিঃ
        কি.মি কি.মিঃ কি.গ্রা সে.মি মি.মি খ্রি.পূ খ্রী.পূ বি.দ্র
    """,
)

_HINDI = Language(
    "hi",
    letter_names="""
        A ए
        B बी
        C सी
        D डी
        E ई
        F एफ एफ़
        G जी
        H एच
        I आई आइ
        J जे
        K के
        L एल
        M एम
        N एन
        O ओ
        P पी
        Q क्यू
        R आर
        S एस
        T टी
        U यू
        V वी
        W डब्ल्यू डब्लू डब्ल्यु डब्लयू डबल्यू डबल्यु डबलू
        X एक्स
        Y वाई वाइ
        Z जेड ज़ेड जैड ज़ैड
    """,
    abbreviations="""
        डॉ डा डाॅ श्री श्रीमती सुश्री कु पं प्रो प्रा मो मोह स्व लि कं इंजी एड एडवो ब्रि कर्न
        सं नं पृ क्र रु रू दि ई.पू कि.मी किमी से.मी मि.मी कि.ग्रा
    """,
    ambiguous="आई आइ",
    no_initials="है हैं था थी थे हो हाँ हां भी ही न",
)

_MARATHI = Language(
    "mr",
    letter_names="""
        A ए
        B बी
        C सी
        D डी
        E ई
        F एफ
        G जी
        H एच
        I आय
        J जे
        K के
        L एल
        M एम
        N एन
        O ओ
        P पी
        Q क्यू
        R आर
        S एस
        T टी
        U यू
        V व्ही वी
        W डब्ल्यू डब्लू
        X एक्स
        Y वाय
        Z झेड
    """,
    abbreviations="""
        डॉ श्री श्रीमती कु चि पं प्रा प्रो मो स्व कै लि अॅड ॲड ब्रि
        सं क्र पृ रु दि जि उदा इ.स ई.स कि.मी से.मी मि.मी कि.ग्रॅ
    """,
    ambiguous="सौ",
    no_initials="ते ती तो का",
)

_NEPALI = Language(
    "ne",
    letter_names="""
        A ए
        B बी बि
        C सी सि
        D डी डि
        E ई इ
        F एफ
        G जी जि
        H एच
        I आई आइ
        J जे
        K के
        L एल
        M एम
        N एन
        O ओ
        P पी पि
        Q क्यू क्यु
        R आर
        S एस
        T टी टि
        U यू यु
        V भी भि
        W डब्ल्यू डब्लू डब्लु डब्ल्यु
        X एक्स
        Y वाई वाइ
        Z जेड
    """,
    abbreviations="""
        डा डॉ श्री श्रीमती सुश्री पं प्रा प्रो मो स्व लि इन्जि नं सं रु पृ
        वि.सं ई.सं कि.मि कि.मी से.मि कि.ग्रा प्रा.लि क्र.सं
    """,
    ambiguous="भी आई आइ",
    no_initials="छ हो नै",
)

_ODIA = Language(
    "or",
    letter_names="""
        A ଏ
        B ବି
        C ସି
        D ଡି
        E ଇ
        F ଏଫ
        G ଜି
        H ଏଚ
        I ଆଇ
        J ଜେ
        K କେ
        L ଏଲ
        M ଏମ
        N ଏନ
        O ଓ
        P ପି
        Q କ୍ୟୁ
        R ଆର
        S ଏସ
        T ଟି
        U ୟୁ
        V ଭି
        W ଡବ୍ଲୁ ଡବ୍ଲ୍ୟୁ
        X ଏକ୍ସ
        Y ୱାଇ ଓ୍ୱାଇ
        Z ଜେଡ
    """,
    abbreviations="ଡ ଡଃ ଡା ଡାଃ ଶ୍ରୀ ଶ୍ରୀମତୀ ପ୍ର ପ୍ରୋ ପ୍ରଫେ ସ୍ୱ ମୋ ଲି ନଂ କି.ମି",
)

_ENGLISH = Language(
    "en",
    letter_names="",
    abbreviations="""
        Dr Mr Mrs Ms Prof St Jr Sr No Inc Ltd Co Pvt Md Smt Shri Sri Adv Capt Col Gen Lt Maj Hon Rev
    """,
)

#: Every language by its code.
LANGUAGES = {
    language.code: language
    for language in (_ASSAMESE, _BENGALI, _HINDI, _MARATHI, _NEPALI, _ODIA, _ENGLISH)
}
