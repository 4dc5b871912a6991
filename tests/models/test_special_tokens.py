"""Special tokens that ``tokenizer_config.json`` does not name; transformers is the oracle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers, processors
from transformers import AutoTokenizer, PreTrainedTokenizerFast

import hub_shapes
from nerbridge.alignment.subwords import encode_sentences
from nerbridge.errors import EnvironmentProblem, ModelError
from nerbridge.models import encoder
from nerbridge.models.encoder import EncoderSource, load_tokenizer
from nerbridge.models.special_tokens import complete_special_tokens

TEXTS = ["লুইতৰ পাৰে পাৰে বহু গাঁও ।", "গাঁওবোৰত নামঘৰ আছে ।", "Old boats on the river ."] * 4
NAMES = ("cls_token", "sep_token", "pad_token", "unk_token", "mask_token")
XLMR = [hub_shapes.XLMR_SPECIALS[name] for name in NAMES]
BERT = [hub_shapes.BERT_SPECIALS[name] for name in NAMES]


def load(folder: Path) -> PreTrainedTokenizerFast:
    return load_tokenizer(EncoderSource(str(folder), folder))


def tokens_of(tokenizer: Any) -> list[str | None]:
    return [getattr(tokenizer, name) for name in NAMES]


def write(folder: Path, name: str, value: object) -> None:
    (folder / name).write_text(json.dumps(value), encoding="utf-8")


def edit(folder: Path, name: str, **changes: object) -> None:
    values = json.loads((folder / name).read_text("utf-8"))
    write(folder, name, {**values, **changes})


@pytest.fixture(scope="module")
def hub_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("hub")
    hub_shapes.write_hub(root, TEXTS)
    return root / "models"


@pytest.mark.parametrize(
    "name",
    [
        hub_shapes.XLMR_BASE,
        hub_shapes.E5_SMALL,
        hub_shapes.MBERT_CASED,
        hub_shapes.MBERT_UNCASED,
        hub_shapes.MURIL,
    ],
)
def test_repositories_of_the_hub_have_the_tokens_of_transformers(
    hub_models: Path, name: str
) -> None:
    found, expected = load(hub_models / name), AutoTokenizer.from_pretrained(hub_models / name)
    assert tokens_of(found) == tokens_of(expected)
    for text in TEXTS:
        assert found(text)["input_ids"] == expected(text)["input_ids"]


@pytest.mark.parametrize("file", ["tokenizer_config.json", "special_tokens_map.json"])
def test_a_repository_without_any_further_file_of_the_tokenizer(tmp_path: Path, file: str) -> None:
    folder = hub_shapes.write_e5_small(tmp_path, TEXTS)
    for name in ("tokenizer_config.json", "special_tokens_map.json"):
        if name != file:
            (folder / name).unlink()
    assert tokens_of(load(folder)) == XLMR
    # A BERT over the pieces of XLM-R: the class of its type would look for [CLS].
    (folder / file).unlink()
    assert tokens_of(load(folder)) == XLMR
    edit(folder, "config.json", tokenizer_class=None)
    assert tokens_of(load(folder)) == XLMR


def make_folder(folder: Path, specials: list[str], post: Any, **config: object) -> Path:
    """A tokenizer of three words; its only description is ``tokenizer.json``."""
    vocabulary = {token: id_ for id_, token in enumerate([*specials, "নদী", "গাঁও", "boat"])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=specials[-1]))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = post
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in specials])
    folder.mkdir(exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    write(folder, "config.json", config)
    return folder


STARTS = [("<s>", 0), ("</s>", 1)]
TEMPLATE = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=STARTS)


@pytest.mark.parametrize(
    "post",
    [
        TEMPLATE,
        processors.RobertaProcessing(("</s>", 1), ("<s>", 0)),
        processors.BertProcessing(("</s>", 1), ("<s>", 0)),
        processors.Sequence([processors.ByteLevel(), TEMPLATE]),
        processors.Sequence([processors.RobertaProcessing(("</s>", 1), ("<s>", 0))]),
    ],
    ids=["template", "roberta", "bert", "sequence-template", "sequence-roberta"],
)
def test_the_post_processor_says_what_stands_around_a_text(tmp_path: Path, post: Any) -> None:
    # The usual names of the type are in the vocabulary too, and mean something else.
    specials = ["<s>", "</s>", "[CLS]", "[SEP]", "[PAD]", "[UNK]"]
    folder = make_folder(tmp_path / "m", specials, post, model_type="bert")
    assert tokens_of(load(folder)) == ["<s>", "</s>", "[PAD]", "[UNK]", None]


def test_the_last_token_before_and_the_first_after_a_text(tmp_path: Path) -> None:
    post = processors.TemplateProcessing(
        single="[LANG] <s> $A </s> [END]",
        special_tokens=[("<s>", 0), ("</s>", 1), ("[LANG]", 2), ("[END]", 3)],
    )
    specials = ["<s>", "</s>", "[LANG]", "[END]", "<pad>", "<unk>"]
    assert tokens_of(load(make_folder(tmp_path / "m", specials, post)))[:2] == ["<s>", "</s>"]


def test_without_a_post_processor_the_class_of_the_type_decides(tmp_path: Path) -> None:
    # As in MPNet, whose vocabulary is BERT's with four tokens of its own in front.
    specials = ["<s>", "</s>", "<pad>", "<mask>", "[CLS]", "[SEP]", "[PAD]", "<unk>", "[UNK]"]
    folder = make_folder(tmp_path / "m", specials, None, model_type="mpnet")
    assert tokens_of(load(folder)) == ["<s>", "</s>", "<pad>", "[UNK]", "<mask>"]
    write(folder, "config.json", {"model_type": "bert"})
    assert tokens_of(load(folder))[:3] == ["[CLS]", "[SEP]", "[PAD]"]
    write(folder, "config.json", {"model_type": "bert", "tokenizer_class": "MPNetTokenizerFast"})
    assert tokens_of(load(folder))[:3] == ["<s>", "</s>", "<pad>"]


def test_a_pad_token_known_by_its_id_or_the_padding_settings(tmp_path: Path) -> None:
    specials = ["<s>", "</s>", "_filler_", "<unk>"]
    folder = make_folder(tmp_path / "m", specials, TEMPLATE, model_type="modernbert")
    with pytest.raises(ModelError, match="has no pad token; neither its files nor its model type"):
        load(folder)
    write(folder, "config.json", {"model_type": "modernbert", "pad_token_id": 2})
    assert load(folder).pad_token == "_filler_"
    write(folder, "config.json", {"model_type": "modernbert"})
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_padding(pad_id=2, pad_token="_filler_")
    tokenizer.save(str(folder / "tokenizer.json"))
    assert load(folder).pad_token == "_filler_"


@pytest.mark.parametrize("file", ["tokenizer_config.json", "special_tokens_map.json"])
@pytest.mark.parametrize("typed", [{}, {"__type": "AddedToken"}], ids=["untyped", "typed"])
def test_tokens_given_as_objects(tmp_path: Path, file: str, typed: dict[str, str]) -> None:
    folder = make_folder(tmp_path / "m", ["<s>", "</s>", "_no_", "_filler_", "<unk>"], TEMPLATE)
    flags = {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False}
    if file == "special_tokens_map.json":
        typed = {}
    write(folder, file, {"pad_token": {"content": "_filler_", **flags, **typed}})
    assert tokens_of(load(folder)) == ["<s>", "</s>", "_filler_", "<unk>", None]


def test_a_repository_with_added_tokens_decoder_and_names_in_the_map_only(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "m", ["<s>", "</s>", "_no_", "_filler_", "<unk>"], TEMPLATE)
    token = {"content": "_filler_", "normalized": False, "special": True}
    write(folder, "tokenizer_config.json", {"added_tokens_decoder": {"3": token}})
    write(folder, "special_tokens_map.json", {"pad_token": "_filler_", "cls_token": "</s>"})
    assert tokens_of(load(folder)) == ["</s>", "</s>", "_filler_", "<unk>", None]


def test_a_token_outside_of_the_vocabulary_is_not_added_to_it(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "m", ["<s>", "</s>", "<pad>", "<unk>"], TEMPLATE)
    write(folder, "special_tokens_map.json", {"mask_token": "<hidden>", "pad_token": "<hidden>"})
    write(folder, "tokenizer_config.json", {"added_tokens_decoder": {}})
    tokenizer = load(folder)
    assert tokens_of(tokenizer) == ["<s>", "</s>", "<pad>", "<unk>", None]
    assert len(tokenizer) == 7


@pytest.mark.parametrize("lowercase", [False, True])
def test_case_and_accents_are_those_of_tokenizer_config(tmp_path: Path, lowercase: bool) -> None:
    folder = hub_shapes.write_mbert(tmp_path, TEXTS, is_cased=lowercase)
    edit(folder, "tokenizer_config.json", do_lower_case=lowercase)
    found, expected = load(folder), AutoTokenizer.from_pretrained(folder)
    text = "Ünter গাঁওবোৰত BOATS"
    assert found.tokenize(text) == expected.tokenize(text)
    edit(folder, "tokenizer_config.json", strip_accents=False)
    found, expected = load(folder), AutoTokenizer.from_pretrained(folder)
    assert found.tokenize(text) == expected.tokenize(text)


def write_pieces_of(model_type: str, folder: Path) -> None:
    """The tokenizer files of older repositories, without ``tokenizer.json``."""
    if model_type in ("deberta", "roberta"):
        hub_shapes.write_byte_pieces(folder, TEXTS, [*XLMR[:1], "<pad>", "</s>", *XLMR[3:]])
    elif model_type == "bert":
        hub_shapes.write_bert_pieces(folder, TEXTS, is_cased=True)
        write(folder, "tokenizer_config.json", {"do_lower_case": False})
    else:
        hub_shapes.write_xlmr_pieces(folder, TEXTS)
        names = {"deberta-v2": "spm.model"}
        pieces = folder / "sentencepiece.bpe.model"
        pieces.rename(folder / names.get(model_type, pieces.name))
    (folder / "tokenizer.json").unlink()
    write(folder, "config.json", {"model_type": model_type})


@pytest.mark.parametrize("model_type", ["bert", "roberta", "xlm-roberta", "deberta-v2"])
def test_older_repositories_without_tokenizer_json(tmp_path: Path, model_type: str) -> None:
    write_pieces_of(model_type, tmp_path)
    found, expected = load(tmp_path), AutoTokenizer.from_pretrained(tmp_path)
    assert tokens_of(found) == tokens_of(expected)
    for text in TEXTS:
        (sub,) = encode_sentences(found.backend_tokenizer, [text.split()], found.unk_token_id)
        assert list(sub.ids) == expected(text, add_special_tokens=False)["input_ids"]


def test_a_library_for_pieces_that_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pieces_of("deberta-v2", tmp_path)
    monkeypatch.setattr(encoder, "find_spec", lambda name: None)
    with pytest.raises(EnvironmentProblem, match=r"spm\.model needs .*pip install sentencepiece"):
        load(tmp_path)


def test_damaged_files_are_named(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "m", ["<s>", "</s>", "<pad>", "<unk>"], TEMPLATE)
    tokenizer = load(folder)
    tokenizer.pad_token = None
    (folder / "special_tokens_map.json").write_text("[]", encoding="utf-8")
    with pytest.raises(ModelError, match=r"special_tokens_map\.json: expected a JSON object"):
        complete_special_tokens(tokenizer, folder)
    (folder / "special_tokens_map.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelError, match=r"special_tokens_map\.json: not JSON"):
        complete_special_tokens(tokenizer, folder)
