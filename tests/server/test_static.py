"""The page, as people use it: a real server, a real browser."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browser import Watch, chromium
from nerbridge.corpus.conll import read_conll
from nerbridge.corpus.jsonl import read_jsonl
from nerbridge.corpus.reading import read_corpus
from nerbridge.tagging import Tagger
from nerbridge.text.romanised import notices_for
from nerbridge.text.sentences import split_sentences
from nerbridge.text.words import split_words
from server_process import Server
from tiny_tagger import write_tiny_tagger

pytest.importorskip("fastapi", reason="needs nerbridge[serve]")
pytest.importorskip("playwright", reason="needs playwright")

TEXT = "ৰমেন দাস গুৱাহাটীত আছিল।\nঅসম ধুনীয়া। সংঘ আৰু অসম।"
EMOJI = "😀👩‍👩‍👧 𝒜: ৰমেন দাস 🎉 গুৱাহাটীত ✈️ #অসম।\nঅসম 👍🏽 সংঘ"
SIGNS = "কখঅৰৱািুং়। ৷॥?!.,:;-'’\"()[]{}#@_/°\n\t\u200c\u200d\ufeff\u00a0…"
PIECES = """ক্ষ ড. ডঃ মো: U.S. ড° ক'ত ১২,৩ ১০:৩০ ১২/৩ COVID-19 😀 👩‍👩‍👧 www.as.in/ক https://a.b/c?d=1।
a.b@c.in এ.কে. #অসম_বাতৰি @ab_c.d youtu.be/Ab 1\u20e3 ঢাকা-চট্টগ্ৰাম ।”
চি. এন. ডব্লিউ. वि. दा. आई. है. एम्. क्ष. কি. মি. কি.মি. ক. A. নং: ওয়াই."""
ATTACK = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>\'"&amp;'
REPORT = "<!doctype html><title>R</title><style>h1{color:red}</style><h1>Ours</h1>"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_tagger(tmp_path_factory.mktemp("page") / "tiny")


@pytest.fixture(scope="module")
def page_server(model: Path) -> Iterator[str]:
    (model / "README.md").write_text(f"# Card\n\n{ATTACK} **bold** [a](javascript:alert(1))\n")
    report = model.parent / "report.html"
    report.write_text(REPORT)
    with Server("--model", str(model), "--report", str(report), "--threads", "1") as running:
        yield running.url


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture
def page(page_server: str, browser: Any) -> Iterator[Watch]:
    """The page in a fresh profile; whatever a test does, nothing may leave the origin."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    watch = Watch(context.new_page(), page_server)
    watch.page.set_default_timeout(8000)
    watch.page.goto(page_server)
    watch.page.wait_for_selector("#model:not([hidden])")
    yield watch
    watch.check()
    assert watch.page.evaluate("window.hit") is None
    context.close()


def test_marks_appear_while_typing(page: Watch) -> None:
    page.page.locator("#text").press_sequentially("কালি ৰমেন দাস অসম", delay=5)
    page.settle()
    assert page.marks() == [("ৰমেন দাস", "person"), ("অসম", "place")]
    page.until("document.querySelector('#live').textContent")
    assert page.page.text_content("#live") == "2 names found"
    assert page.page.text_content("#count") == "2 names"


def test_marks_move_with_the_text_before_the_server_answers(page: Watch) -> None:
    page.write(TEXT)
    page.page.route("**/tag", lambda route: None)
    page.page.evaluate("document.querySelector('#text').setSelectionRange(0, 0)")
    page.page.locator("#text").press_sequentially("নতুন 😀 ")
    assert [text for text, _ in page.marks()] == ["ৰমেন দাস", "গুৱাহাটীত", "অসম", "সংঘ", "অসম"]


def test_a_stale_answer_is_dropped_and_only_new_lines_are_asked_for(page: Watch) -> None:
    asked: list[list[str]] = []

    def note(route: Any) -> None:
        asked.append(json.loads(route.request.post_data)["texts"])
        route.continue_()

    page.page.route("**/tag", note)
    page.write(TEXT)
    page.write(f"{TEXT}\nৰমেন দাস")
    assert asked == [TEXT.split("\n"), ["ৰমেন দাস"]]
    assert len(page.marks()) == 6


@pytest.mark.parametrize("text", [TEXT, EMOJI, "", "\n\n অসম \n"], ids=range(4))
def test_offsets_are_those_of_the_tagger(
    page: Watch, model: Path, tmp_path: Path, text: str
) -> None:
    page.write(text)
    if not text:
        assert page.page.is_hidden("#side")
        return
    found = json.loads(page.download("#download", tmp_path).read_text("utf-8"))
    expected = [entity.to_dict() for entity in Tagger.load(model).tag(text)]
    assert found["text"] == text
    assert [{key: one[key] for key in expected[0]} for one in found["entities"]] == [
        {**one, "score": pytest.approx(one["score"], abs=1e-6)} for one in expected
    ]
    assert all(text[one["start_char"] : one["end_char"]] == one["text"] for one in expected)


def test_words_and_sentences_are_those_of_nerbridge(page: Watch) -> None:
    pieces = [*SIGNS, *PIECES.split(), " ", " "]
    choose = random.Random(7)
    texts = ["".join(choose.choices(pieces, k=choose.randint(0, 24))) for _ in range(600)]
    found = page.page.evaluate(
        """async (texts) => {
            const { splitWords, splitSentences, unitsToCodePoints } =
                await import("/static/text.js");
            return texts.map((text) => {
                const point = unitsToCodePoints(text);
                const words = splitWords(text);
                return [
                    words.map((word) => word.map(point)),
                    splitSentences(text, words).map((sentence) =>
                        [point(sentence[0][0]), point(sentence.at(-1)[1])]),
                ];
            });
        }""",
        texts,
    )
    for text, (words, sentences) in zip(texts, found, strict=True):
        assert [tuple(word) for word in words] == split_words(text), repr(text)
        assert [tuple(one) for one in sentences] == split_sentences(text), repr(text)


def test_score_and_types_filter(page: Watch) -> None:
    page.write(TEXT)
    page.page.locator("#score").fill("0.99")
    assert dict(page.marks()) == {"অসম": "place", "সংঘ": "org"}
    page.page.click("[data-type=LOC]")
    assert page.marks() == [("সংঘ", "org")]
    assert page.page.get_attribute("[data-type=LOC]", "aria-pressed") == "false"
    page.page.locator("#score").fill("0")
    assert dict(page.marks()) == {"ৰমেন দাস": "person", "সংঘ": "org"}


def test_the_list_counts_and_leads_to_each_place(page: Watch) -> None:
    page.write(TEXT)
    first = page.page.locator("#list button").first
    assert first.get_attribute("aria-label") == "অসম, Place, 2 times: go there"
    places = []
    for _ in range(3):
        first.click()
        places.append(page.page.evaluate("document.activeElement.entity.start"))
    assert places == [TEXT.index("অসম"), TEXT.rindex("অসম"), TEXT.index("অসম")]


def test_corrections_become_training_data(page: Watch, tmp_path: Path) -> None:
    page.write(f"{EMOJI}। বাকী কথা।\nকমল বৰা আহিল।")
    page.select("মল ব")  # cuts both words
    page.page.click("#choose .choice:has-text('Person')")
    page.page.click("mark:has-text('সংঘ') .chip")
    page.page.click("#choose .choice:has-text('No name')")
    path = page.download("#training-corrected", tmp_path)
    read = read_jsonl(path)
    assert read.losses == {}
    tagged = {" ".join(sentence.words): list(sentence.tags) for sentence in read.sentences}
    assert tagged == {
        "অসম 👍🏽 সংঘ ।": ["B-LOC", "O", "O", "O"],
        "কমল বৰা আহিল ।": ["B-PER", "I-PER", "O", "O"],
    }
    corpus = read_corpus(str(path), language="as")
    assert sum(len(split) for split in corpus.splits.values()) == 2


def test_corrections_outlive_further_typing(page: Watch) -> None:
    page.write("কমল আৰু অসম")
    page.select("কমল")
    page.page.click("#choose .choice:has-text('Organisation')")
    page.select("অসম")
    page.page.click("#choose .choice:has-text('No name')")
    page.page.evaluate("document.querySelector('#text').setSelectionRange(0, 0)")
    page.page.locator("#text").press_sequentially("আজি 😀 ")
    page.settle()
    assert page.marks() == [("কমল", "org"), ("অসম", "removed")]
    page.page.click("mark.removed .chip")
    page.page.click("#choose .choice:has-text('As it was')")
    assert page.marks() == [("কমল", "org"), ("অসম", "place")]
    page.page.click("#discard")
    assert page.marks() == [("অসম", "place")]


def test_all_forms_can_be_taken_away(page: Watch, tmp_path: Path) -> None:
    page.write(EMOJI)
    page.page.click("[data-format=conll]")
    conll = read_conll(page.download("#download", tmp_path))
    tags = [tag for sentence in conll.sentences for tag in sentence.tags if tag != "O"]
    assert tags == ["B-PER", "I-PER", "B-LOC", "B-LOC", "B-LOC", "B-ORG"]
    words = [word for sentence in conll.sentences for word in sentence.words]
    assert words == [EMOJI[start:end] for start, end in split_words(EMOJI)]
    page.page.click("[data-format=csv]")
    rows = page.download("#download", tmp_path).read_text("utf-8-sig").splitlines()
    assert rows[1].startswith('"PER","ৰমেন দাস","')
    page.page.click("[data-format=html]")
    html = page.download("#download", tmp_path).read_text("utf-8")
    assert "<mark" in html
    assert "script" not in html


@pytest.mark.parametrize("form", ["json", "csv", "conll", "html", "training"])
def test_what_is_taken_away_is_read_back_as_a_corpus(
    page: Watch, tmp_path: Path, form: str
) -> None:
    page.write(f"{EMOJI}। বাকী কথা।\nকমল বৰা আহিল।")
    if form != "training":
        page.page.click(f"[data-format={form}]")
    path = page.download("#training-all" if form == "training" else "#download", tmp_path)
    corpus = read_corpus(path, language="as", allowed_types=["PER", "ORG", "LOC"])
    assert corpus.losses == {}
    [(split, sentences)] = corpus.splits.items()
    assert split == ("train" if form == "training" else "test")
    tagged = [[(w, t) for w, t in zip(s.words, s.tags, strict=True) if t != "O"] for s in sentences]
    n_named = 2 if form == "csv" else 4  # a table of names has no sentence without a name
    assert (
        tagged
        == [
            [("ৰমেন", "B-PER"), ("দাস", "I-PER"), ("গুৱাহাটীত", "B-LOC"), ("অসম", "B-LOC")],
            [("অসম", "B-LOC"), ("সংঘ", "B-ORG")],
            [],
            [],
        ][:n_named]
    )
    assert [len(sentence.words) for sentence in sentences] == [12, 4, 3, 4][:n_named]


def test_copying(page: Watch) -> None:
    page.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.write("অসম")
    page.page.click("#copy")
    page.until("document.querySelector('#copy').textContent === 'Copied'")
    copied = json.loads(page.page.evaluate("navigator.clipboard.readText()"))
    assert copied["entities"][0]["text"] == "অসম"


def test_a_file_is_read(page: Watch, tmp_path: Path) -> None:
    path = tmp_path / f"চিঠি {ATTACK.replace('/', ' ')[:60]}.txt"
    path.write_bytes("প্ৰতি 😀\r\n\r\nৰমেন দাস\r\nঅসম, সংঘ".encode())
    page.page.set_input_files("#file", path)
    page.page.wait_for_selector("mark")
    assert [text for text, _ in page.marks()] == ["ৰমেন দাস", "অসম", "সংঘ"]
    assert page.page.text_content("#document").startswith("চিঠি")
    page.page.click("mark:has-text('অসম') .chip")
    assert page.page.locator("#choose .what span").count() == 2  # score and place
    found = json.loads(page.download("#download", tmp_path).read_text("utf-8"))
    for one in found["entities"]:
        assert found["text"][one["start_char"] : one["end_char"]] == one["text"]
        assert one["place"]


def test_a_file_that_is_not_taken(page: Watch, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-")
    page.page.route("**/tag/document", lambda route: route.abort())
    page.page.set_input_files("#file", tmp_path / "a.pdf")
    page.page.wait_for_selector("#messages [role=alert]:has-text('did not take this file')")
    page.page.unroute("**/tag/document")
    page.page.click("#messages button:has-text('Try again')")
    page.page.wait_for_selector("#messages [role=alert] q:has-text('a.pdf: ')")
    page.forget_refusals()


def document(text: str, *entities: tuple[int, int]) -> dict[str, Any]:
    """What the server answers about a file in which these ranges are places."""
    found = [
        {"type": "LOC", "text": text[start:end], "start_char": start, "end_char": end}
        | {"start_word": 0, "end_word": 1, "score": 0.9, "place": "page 1"}
        for start, end in entities
    ]
    segments = [{"place": "page 1", "start_char": 0, "end_char": len(text)}]
    name = {"model": "m", "name": "a.txt", "kind": "text", "notices": []}
    return {**name, "text": text, "segments": segments, "entities": found}


@pytest.mark.parametrize(
    ("text", "entities", "marked"),
    [
        ("কমল\nক\nকমল", [(0, 3)], [[0, "কমল"]]),
        ("কমল\nক\nকমল", [(6, 9)], [[2, "কমল"]]),
        ("নতুন\nদিল্লী\nনতুন", [(0, 11)], [[0, "নতুন"], [1, "দিল্লী"]]),
        ("কমল\nকমল", [(0, 3), (4, 7)], [[0, "কমল"], [1, "কমল"]]),
    ],
    ids=["the first", "the last", "over two lines", "both"],
)
def test_equal_lines_of_a_file_are_marked_as_the_server_says(
    page: Watch, text: str, entities: list[tuple[int, int]], marked: list[list[Any]]
) -> None:
    page.answer("/tag/document", 200, document(text, *entities))
    page.page.set_input_files("#file", {"name": "a.txt", "mimeType": "", "buffer": b"x"})
    page.page.wait_for_selector("mark")
    found = page.page.evaluate(
        """() => [...document.querySelectorAll("#layer .line")].flatMap((line, index) =>
            [...line.querySelectorAll("mark")].map((mark) => [index, mark.lastChild.data]))"""
    )
    assert found == marked


def test_lines_that_agree_are_not_asked_for_again(page: Watch) -> None:
    """কমল is no name to this model: only lines whose occurrences differ are asked for."""
    asked: list[list[str]] = []

    def note(route: Any) -> None:
        asked.append(json.loads(route.request.post_data)["texts"])
        route.continue_()

    text = "কমল এ\nকমল\nকমল এ\nকমল\n"
    page.answer("/tag/document", 200, document(text, (0, 3), (10, 13), (6, 9)))
    page.page.set_input_files("#file", {"name": "a.txt", "mimeType": "", "buffer": b"x"})
    page.page.wait_for_selector("mark")
    page.page.route("**/tag", note)
    page.write(f"{text}ক")
    assert asked == [["কমল", "ক"]]
    assert [text for text, _ in page.marks()] == ["কমল", "কমল"]


def test_a_file_is_read_although_the_server_was_busy_before(page: Watch) -> None:
    page.answer("/tag", 503, {}, **{"Retry-After": "1"})
    page.page.fill("#text", "কমল")
    page.page.wait_for_selector("#messages [role=alert]:has-text('Trying again in 1 s')")
    page.page.evaluate(
        """() => {
            const ask = fetch;
            // A file that takes longer than the wait until the text is tried again.
            window.fetch = async (path, options) => {
                const { signal } = options;
                if (path === "/tag/document") await new Promise((go) => setTimeout(go, 1500));
                signal?.throwIfAborted();
                return ask(path, options);
            };
        }"""
    )
    page.page.set_input_files(
        "#file", {"name": "a.txt", "mimeType": "text/plain", "buffer": "অসম".encode()}
    )
    page.page.wait_for_selector("mark")
    assert page.page.text_content("#document") == "a.txt"
    page.forget_refusals()


def test_a_file_that_waits_for_a_busy_server_is_forgotten_with_clear(page: Watch) -> None:
    page.write("কমল")
    page.answer("/tag/document", 503, {}, **{"Retry-After": "1"})
    page.page.set_input_files(
        "#file", {"name": "a.txt", "mimeType": "text/plain", "buffer": "অসম".encode()}
    )
    page.page.wait_for_selector("#messages [role=alert]:has-text('Trying again in 1 s')")
    n_asked = len(page.requests)
    page.page.click("#clear")
    page.page.wait_for_timeout(1500)
    assert page.requests[n_asked:] == []
    assert page.page.text_content("#messages") == ""
    page.forget_refusals()


def test_the_models_are_asked_for_again_after_a_file(page: Watch) -> None:
    page.page.route("**/models", lambda route: route.abort())
    page.page.reload()
    page.page.wait_for_selector("#messages [role=alert]:has-text('does not answer')")
    page.page.unroute("**/models")
    page.page.set_input_files(
        "#file", {"name": "a.txt", "mimeType": "text/plain", "buffer": "অসম".encode()}
    )
    page.page.wait_for_selector("mark")
    page.page.wait_for_selector("#model:not([hidden])")
    page.forget_refusals()


def test_several_lines_are_no_name(page: Watch) -> None:
    page.write(TEXT)
    page.select(TEXT)
    assert page.page.is_hidden("#choose")


def test_dropping_a_file(page: Watch) -> None:
    page.page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.items.add(new File(["ৰমেন দাস অসম"], "a.txt", { type: "text/plain" }));
            for (const type of ["dragover", "drop"]) {
                document.querySelector("#sheet").dispatchEvent(
                    new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
            }
        }"""
    )
    page.page.wait_for_selector("mark")
    assert [text for text, _ in page.marks()] == ["ৰমেন দাস", "অসম"]


def test_language_and_colours_are_remembered(page: Watch) -> None:
    page.page.click("[data-lang=as]")
    page.page.click("#theme")
    page.page.click("#theme")
    page.page.reload()
    page.page.wait_for_selector("#model:not([hidden])")
    page.write("অসম")
    assert page.page.get_attribute("html", "lang") == "as"
    assert page.page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    assert page.marks() == [("অসম", "ঠাই")]
    assert page.page.text_content("#count") == "১টা নাম"
    stored = page.page.evaluate("[JSON.stringify(localStorage), JSON.stringify(sessionStorage)]")
    assert "অসম" not in "".join(stored)


def test_every_string_is_in_both_languages(page: Watch) -> None:
    missing = page.page.evaluate(
        """async () => {
            const { STRINGS } = await import("/static/i18n.js");
            const [en, as] = [STRINGS.en, STRINGS.as].map((one) => Object.keys(one).sort());
            const slots = (one) => [...one.matchAll(/\\{\\w+\\}/g)].map(String).sort().join();
            return [en.join() === as.join(), as.filter((key) =>
                !key.endsWith("One") && slots(STRINGS.en[key]) !== slots(STRINGS.as[key]))];
        }"""
    )
    assert missing == [True, []]


def test_keyboard_alone(page: Watch, tmp_path: Path) -> None:
    keys = page.page.keyboard
    keys.press("Tab")
    assert page.page.evaluate("document.activeElement.className") == "skip"
    keys.press("Enter")
    page.until("document.activeElement.id === 'text'")
    keys.insert_text("কমল অসম")
    page.settle()
    keys.press("Home")
    for _ in "কমল":
        keys.press("Shift+ArrowRight")
    page.page.wait_for_selector("#choose:not([hidden])")
    keys.press("Tab")
    keys.press("ArrowRight")
    keys.press("Enter")
    assert page.marks() == [("কমল", "org"), ("অসম", "place")]
    assert page.page.evaluate("document.activeElement.id") == "text"
    keys.press("Tab")
    keys.press("Tab")
    assert "অসম: Place" in page.page.evaluate("document.activeElement.ariaLabel")
    keys.press("Enter")
    keys.press("1")
    assert page.marks() == [("কমল", "org"), ("অসম", "person")]
    keys.press("Delete")
    assert page.marks()[1] == ("অসম", "removed")
    keys.press("Enter")
    keys.press("Escape")
    assert page.page.is_hidden("#choose")
    assert page.page.evaluate("document.activeElement.className") == "chip"


@pytest.mark.parametrize("lang", ["en", "as"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessible(page: Watch, lang: str, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.page.click(f"[data-lang={lang}]")

    def check() -> None:
        found = axe.run(page.page).response["violations"]
        bad = [one for one in found if one["impact"] in ("serious", "critical")]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in bad] == []

    check()
    page.write(TEXT)
    page.page.click("[data-type=ORG]")
    page.page.click(".chip")
    check()
    page.page.keyboard.press("Escape")
    page.page.click("#model")
    page.page.wait_for_selector("#card h3")
    check()


def test_marks_lie_on_the_text(page: Watch) -> None:
    page.write("\n".join([TEXT, EMOJI, "", "দীঘলশব্দ" * 40, "\tঅসম  ৰমেন দাস   অসম " * 30, ""]))
    for width in (390, 801, 1280):
        page.page.set_viewport_size({"width": width, "height": 800})
        text_height, layer_height, shift = page.page.evaluate(
            """() => {
                const text = document.querySelector("#text");
                const layer = document.querySelector("#layer");
                text.style.height = "0";
                const heights = [text.scrollHeight, layer.scrollHeight];
                text.style.height = "";
                // Each mark against the same place of the same line without any mark.
                const box = (node, at) => {
                    const range = document.createRange();
                    range.setStart(node, at);
                    range.setEnd(node, at + 1);
                    return range.getBoundingClientRect();
                };
                let most = 0;
                for (const mark of document.querySelectorAll("mark")) {
                    const line = mark.parentElement;
                    const nodes = [...line.childNodes];
                    const words = nodes.map((one) => (one.lastChild ?? one).data);
                    const index = nodes.indexOf(mark);
                    const marked = box(mark.lastChild, 0);
                    const plain = document.createTextNode(words.join(""));
                    line.replaceChildren(plain);
                    const bare = box(plain, words.slice(0, index).join("").length);
                    line.replaceChildren(...nodes);
                    const off = Math.abs(marked.left - bare.left) + Math.abs(marked.top - bare.top);
                    most = Math.max(most, off);
                }
                return [...heights, most];
            }"""
        )
        assert text_height == layer_height, width
        assert shift < 1, width


def test_nothing_of_others_is_taken_for_markup(page: Watch, tmp_path: Path) -> None:
    entity = {"type": ATTACK, "text": ATTACK, "start_char": 0, "end_char": len(ATTACK)}
    entity |= {"start_word": 0, "end_word": 1, "score": 0.9}
    body = {"model": ATTACK, "results": [{"entities": [entity], "notices": [ATTACK]}]}
    page.answer("/tag", 200, body)
    page.write(ATTACK)
    assert page.marks() == [(ATTACK, ATTACK)]
    assert ATTACK in page.page.text_content("#messages")
    page.page.click(".chip")
    page.page.click("[data-format=html]")
    saved = page.download("#download", tmp_path)
    assert "<img" not in saved.read_text("utf-8")
    page.page.keyboard.press("Escape")
    page.page.click("#model")
    page.page.wait_for_selector("#card strong")
    assert page.page.locator("img, #card a, body script").count() == 0


@pytest.mark.parametrize(
    "text",
    [
        "moi kali Guwahatit asilu aru bhal palu",
        "The minister went to Guwahati yesterday",
        "தமிழ் மொழி ஒரு செம்மொழி ஆகும்",
    ],
    ids=["romanised", "English", "Tamil"],
)
def test_notices_about_a_text_are_in_the_language_of_the_page(page: Watch, text: str) -> None:
    [notice] = notices_for(text)
    result = {"entities": [], "notices": [notice, "Something else."]}
    page.answer("/tag", 200, {"model": "m", "results": [result]})
    page.write("ক")
    shown = page.page.locator("#messages p")
    assert shown.all_text_contents() == [notice, "Something else."]
    page.page.click("[data-lang=as]")
    translated, other = shown.all_text_contents()
    assert not any(char.isascii() and char.isalpha() for char in translated)
    assert other == "Something else."
    languages = [shown.nth(index).get_attribute("lang") for index in range(2)]
    assert languages == ["as", "en"]
    page.page.click("[data-lang=en]")
    assert shown.all_text_contents()[0] == notice


@pytest.mark.parametrize(
    ("status", "headers", "says"),
    [
        (429, {"Retry-After": "1"}, "Trying again in 1 s"),
        (413, {}, "longer than the server takes"),
        (422, {}, "could not read this"),
        (None, {}, "does not answer"),
    ],
)
def test_trouble_is_said_and_passes(
    page: Watch, status: int | None, headers: dict[str, str], says: str
) -> None:
    if status is None:
        page.page.route("**/tag", lambda route: route.abort())
    else:
        page.answer("/tag", status, {"detail": "Too large."}, **headers)
    page.page.fill("#text", "অসম")
    page.page.wait_for_selector("#messages [role=alert]")
    assert says in page.page.text_content("#messages [role=alert]")
    page.page.unroute("**/tag")
    if "Retry-After" not in headers:
        page.page.click("#messages [role=alert] button:has-text('Try again')")
    page.page.wait_for_selector("mark")
    page.page.wait_for_selector("#messages [role=alert]", state="detached")
    page.forget_refusals()


def only_with_the_token(route: Any) -> None:
    """Answer 401, unless the request bears the token ``right``."""
    if route.request.headers.get("authorization") == "Bearer right":
        route.continue_()
    else:
        route.fulfill(status=401, body="{}")


def test_a_token_is_asked_for(page: Watch) -> None:
    page.page.route("**/tag", only_with_the_token)
    page.page.fill("#text", "অসম")
    for token in ("wrong", "right"):
        page.page.fill("#token-value", token)
        page.page.keyboard.press("Enter")
        if token == "wrong":
            page.until("document.querySelector('#token-wrong').textContent")
    page.page.wait_for_selector("mark")
    assert page.page.evaluate("JSON.stringify(localStorage)").find("right") < 0
    page.forget_refusals()


@pytest.mark.parametrize("pasted", ["right\u200b", "“right”", "ৰ", "  "])
def test_what_is_no_token_is_said_at_once(page: Watch, pasted: str) -> None:
    page.page.route("**/tag", only_with_the_token)
    page.page.fill("#text", "অসম")
    page.page.fill("#token-value", pasted)
    page.page.keyboard.press("Enter")
    page.until("document.querySelector('#token-wrong').textContent")
    assert "letters" in page.page.text_content("#token-wrong")
    page.page.fill("#token-value", " right\t")
    page.page.keyboard.press("Enter")
    page.page.wait_for_selector("mark")
    page.forget_refusals()


def test_the_report(page: Watch) -> None:
    page.page.click("#tab-report")
    frame = page.page.frame_locator("iframe")
    assert frame.locator("h1").text_content() == "Ours"
    assert page.page.get_attribute("iframe", "sandbox") == ""
    page.page.keyboard.press("ArrowLeft")
    assert page.page.is_visible("#text")


def test_without_a_report(page: Watch) -> None:
    page.answer("/report", 404, {"detail": "none"})
    page.page.click("#tab-report")
    page.page.wait_for_selector("#panel-report pre")
    assert "nerbridge serve --report" in page.page.text_content("#panel-report")
    page.forget_refusals()
