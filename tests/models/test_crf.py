import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerbridge.errors import EnvironmentProblem, InputError, ModelError
from nerbridge.evaluation.counts import count_entities, counts_to_f1
from nerbridge.labels import Scheme, find_invalid_tags
from nerbridge.models.crf import CrfTagger, train_crf
from nerbridge.models.folder import CRF_FILE
from nerbridge.models.loading import load_classifier, load_model
from nerbridge.models.manifest import Manifest, write_manifest
from nerbridge.models.word_model import Predictions
from nerbridge.text.model_input import words_to_model_form

TYPES = ("PER", "LOC")
PEOPLE = ("অনিমা", "ৰূপম", "দীপালী", "নয়ন")
PLACES = ("মাজুলী", "তেজপুৰ", "নলবাৰী", "যোৰহাট")


def sentence(person, place):
    words = [person, "শইকীয়া", place + "লৈ", "গৈছিল", "।"]
    return words, ["B-PER", "I-PER", "B-LOC", "O", "O"]


TRAINING = [sentence(person, place) for person in PEOPLE[:3] for place in PLACES[:3]]
UNSEEN = [sentence(PEOPLE[3], PLACES[3])]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("crf") / "model.crfsuite"
    train_crf(TRAINING, path)
    return path


def test_names_never_seen_are_found_by_their_surroundings(model):
    [(words, tags)] = UNSEEN
    assert CrfTagger(model).tag_many([words]) == [tags]


def test_same_sentences_give_the_same_file(model, tmp_path):
    train_crf(iter(TRAINING), tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == model.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["again"]


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.lists(st.lists(st.sampled_from((*PEOPLE, *PLACES, "।", "x-1")), max_size=6), max_size=4))
def test_any_words_get_as_many_valid_tags(model, sentences):
    tags = CrfTagger(model).tag_many(sentences)
    assert [len(sentence_tags) for sentence_tags in tags] == [len(words) for words in sentences]
    assert not any(find_invalid_tags(sentence_tags, Scheme.IOB2) for sentence_tags in tags)


def test_tags_the_crf_leaves_invalid_are_repaired(tmp_path):
    """The only tag it has ever seen is I-PER."""
    train_crf([(["অনিমা", "গগৈ"], ["I-PER", "I-PER"])], tmp_path / "model")
    assert CrfTagger(tmp_path / "model").tag_many([["ৰূপম", "গগৈ"]]) == [["B-PER", "I-PER"]]


def test_nothing_to_train_on_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no words to train a CRF on"):
        train_crf([], tmp_path / "model")
    with pytest.raises(InputError, match="sentence 0: found 1 tags, expected 2"):
        train_crf([(["a", "b"], ["O"])], tmp_path / "model")
    assert not list(tmp_path.iterdir())


def test_folder_that_cannot_be_written_is_an_error(tmp_path):
    with pytest.raises(EnvironmentProblem, match="could not be written"):
        train_crf(TRAINING, tmp_path / "missing" / "model")


def test_broken_model_files_are_errors_not_crashes(model, tmp_path):
    whole = model.read_bytes()
    for content in (b"", b"lCRF", whole[:100], whole[:-1], whole + b"x", b"PK" + whole[2:]):
        (tmp_path / "broken").write_bytes(content)
        with pytest.raises(ModelError, match="broken: not a complete CRF model"):
            CrfTagger(tmp_path / "broken")
    with pytest.raises(ModelError, match="absent: not a complete CRF model"):
        CrfTagger(tmp_path / "absent")


def read_conll(path):
    blocks = path.read_text(encoding="utf-8").strip().split("\n\n")
    rows = [[line.split("\t")[:2] for line in block.splitlines()] for block in blocks]
    return [([word for word, _ in block], [tag for _, tag in block]) for block in rows]


def test_a_hundred_real_sentences_teach_it_something(shared, tmp_path):
    data = shared / "data" / "wikiann_as"
    train_crf(read_conll(data / "train.conll"), tmp_path / "model")
    words, gold = zip(*read_conll(data / "test.conll"), strict=True)
    predicted = CrfTagger(tmp_path / "model").tag_many(words)
    counts = count_entities(gold, predicted, ("PER", "ORG", "LOC"))
    assert counts_to_f1(counts.sum(axis=(0, 1))) > 0.5


def test_a_crf_is_a_word_model_that_reads_what_users_write(tmp_path):
    """Trained on Bengali letters, it reads the names in Devanagari; it has no probabilities."""
    forms = [(words_to_model_form(words, "Beng"), tags) for words, tags in TRAINING]
    train_crf(forms, tmp_path / CRF_FILE)
    facts = {"kind": "crf", "base": None, "types": TYPES, "script": "Beng", "max_subwords": 1}
    write_manifest(tmp_path, Manifest(**facts))
    model = load_model(tmp_path)
    assert (model.name, model.folder, model.temperature) == (str(tmp_path), tmp_path, 1.0)
    words, tags = TRAINING[0]
    in_devanagari = words_to_model_form(words, "Deva")
    assert model.tag_many([words, in_devanagari]) == [tags, tags]
    assert model.with_script(None).tag_many([forms[0][0]]) == [tags]
    assert model.predict([words]) == Predictions([tags], None)
    with pytest.raises(ModelError, match="of kind 'crf'; a tagger needs one of kind 'onnx'"):
        load_classifier(tmp_path)
    with pytest.raises(InputError, match="the types of a CRF cannot be mapped"):
        load_model(tmp_path, type_map={"PER": "PERSON", "LOC": "LOC"})
