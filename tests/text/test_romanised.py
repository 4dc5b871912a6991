import pytest
from hypothesis import given

from nerbridge.text.romanised import looks_romanised, notices_for, romanised_share
from text.indic import any_text, properties, words_in

ROMANISED = [
    "moi kali Guwahatiloi jam",
    "tumi ketia ahiba?",
    "aji bohut gorom poise neki",
    "apunar ghor kot?",
    "moi bhaaal paisu gaantu",
    "Zubeen da r gaan xuni bhal lagil",
    "kaali class nai, online hobo bule koise",
    "Jorhatot aji borokhun hoise, roadbur pani e bhorti",
    "mur mon nai aji",
    "xokolu bhale asane?",
    "ki korisa etia",
    "Dibrugarhor pora train khon ketia ahibo",
    "@rina tumi koise je Tezpurot exam hobo #Assam",
    "Nogaont banpanir karone manuhbilak bohut koshtot ase",
    "nai hobo",
    "moi",
    "Kamakhya mandir t manuhor bhir ase",
    "deutai kole je kailoi Majuliloi jam",
    "hoi neki! moi najanu",
    "eitu kotha hosa nohoy",
]
ENGLISH = [
    "The minister visited Guwahati on Monday and met students of Cotton University.",
    "Hello, how are you doing today?",
    "Flood water entered Majuli; more than 200 families moved to relief camps.",
    "OK",
    "Please share this with everyone in Assam",
    "Zubeen Garg sings at Nehru Stadium tonight",
    "I promise to exercise more in sunrise, hello doctor robot solo harbor neighbor",
    "Xerox and Xiaomi open a box factory in Mexico",
    "Breaking: Kaziranga rhino census begins",
    "Tur and Arthur issue a tissue to pursue a lawsuit",
]
OTHERS = [
    "Saya pergi ke pasar kemarin untuk membeli ikan dan sayur",
    "Dia sudah makan nasi goreng, kami tidak bisa datang karena hujan",
    "El presidente viajó a Madrid para hablar con los ministros",
    "Dime que te pasa, mi amor, yo no se nada de eso",
    "Hai fame? Tu hai gia mangiato, poi noi andiamo",
    "moi je suis pas sur, lui il dit que moi je mens",
    "Xavier xerra amb la xica al xalet, i xiula a la Xesca",
    "xiexie ni, xianzai wo xiang qu xuexiao kan shu",
    "Kumusta ka na? Hindi ako pupunta bukas",
    "Hi Kim, hi Jim, hi Ho",
    "Jam, dim sum, kale and palm oil",
]
ASSAMESE = [
    "মই কালি গুৱাহাটীলৈ যাম",
    "তেওঁ Google Pay ৰে পইচা দিলে, মোৰ iPhone টো বেয়া হ'ল",
    "আজিৰ match টো কেনে লাগিল? Virat এ century মাৰিলে!",
    "ভাল পালোঁ moi",
    "",
    "১২৩ 😀😀",
]


@pytest.mark.parametrize("text", ROMANISED)
def test_assamese_in_latin_letters_is_recognised(text: str) -> None:
    assert looks_romanised(text)
    assert romanised_share(text) >= 0.2


@pytest.mark.parametrize("text", [*ENGLISH, *OTHERS, *ASSAMESE])
def test_english_others_and_assamese_letters_are_not(text: str) -> None:
    assert not looks_romanised(text)


@pytest.mark.parametrize("text", ENGLISH)
def test_english_has_next_to_no_word_of_it(text: str) -> None:
    assert romanised_share(text) <= 0.1


@given(text=any_text)
@properties
def test_share_is_one_and_nothing_fails(text: str) -> None:
    assert 0 <= romanised_share(text) <= 1
    assert all(notice.endswith(".") for notice in notices_for(text))


@given(word=words_in("Beng"))
@properties
def test_assamese_letters_count_for_nothing(word: str) -> None:
    assert romanised_share(word) == 0
    assert not looks_romanised(f"{word} {word} moi")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ROMANISED[0], "looks like Assamese in Latin letters"),
        (ENGLISH[0], "such as English"),
        ("சென்னை நகரம் பெரியது இன்று", "mostly in Tamil script"),
        ("中文 在 这里", "mostly in Chinese script"),
        ("ꯃꯅꯤꯄꯨꯔ ꯑꯁꯤ ꯐꯖꯩ", "mostly in Meetei script"),
    ],
)
def test_a_text_of_another_kind_gets_a_notice(text: str, said: str) -> None:
    (notice,) = notices_for(text)
    assert said in notice


@pytest.mark.parametrize(
    "text",
    [
        *ASSAMESE,
        *("राम दिल्ली में रहता है", "Google", "Jana", "Kali"),
        "#AssamFlood https://example.org/a/b/c",
    ],
)
def test_others_get_none(text: str) -> None:
    assert notices_for(text) == []


def test_addresses_are_no_words_and_a_long_run_takes_no_minutes() -> None:
    assert romanised_share("moi.tumi@ase.in aru a@b@c") == 1
    assert notices_for("a" * 1_000_000) == []


def test_a_model_of_another_script_reads_that_script() -> None:
    gujarati = "અમદાવાદ ગુજરાતનું મોટું શહેર છે"
    assert notices_for(gujarati) != []
    assert notices_for(gujarati, "Gujr") == notices_for(gujarati, None) == []
    assert notices_for(gujarati, "Beng", {"Gujr"}) == []
    assert notices_for(gujarati, "Beng", {"Taml"}) != []
