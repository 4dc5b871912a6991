"""The pretraining scripts, on a few sentences and a tiny model."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import Unigram
from tokenizers.pre_tokenizers import Metaspace

from nerbridge.corpus import read_corpus
from nerbridge.models.bundled import ENCODERS
from nerbridge.text.model_input import to_model_form
from nerbridge.training.recipe_files import parse_overrides, read_recipe

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "pretraining"))

import ablation  # noqa: E402
import encode  # noqa: E402
import model  # noqa: E402
import pack  # noqa: E402
import parallel_lines  # noqa: E402
import prepare  # noqa: E402
import split_endings  # noqa: E402
import train  # noqa: E402
import train_tokenizer  # noqa: E402

pytest.importorskip("sentencepiece")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prepared text, a tokenizer and token ids, made of the bundled sentences."""
    folder = tmp_path_factory.mktemp("pretraining")
    (folder / "text").mkdir()
    for language in prepare.LANGUAGES:
        splits = read_corpus(f"bundled:{language}").splits.values()
        lines = [prepare.clean(" ".join(s.words)) for part in splits for s in part]
        text = "\n".join(line for line in lines if line)
        (folder / "text" / f"{language}.txt").write_text(text, "utf-8")
    tokenizer = train_tokenizer.train(folder / "text", n_pieces=1200, seed=1)
    train_tokenizer.save(tokenizer, folder / "tokenizer")
    (folder / "ids").mkdir()
    for language in prepare.LANGUAGES:
        lines = (folder / "text" / f"{language}.txt").read_text("utf-8").splitlines()
        encode.save_array(folder / "ids" / f"{language}.npy", encode.encode(iter(lines), tokenizer))
    return folder


@pytest.mark.parametrize("language", prepare.LANGUAGES)
def test_fast_one_script_is_the_products_own(language: str) -> None:
    words = {w for s in read_corpus(f"bundled:{language}").splits["train"] for w in s.words}
    differing = [w for w in words if prepare.to_one_script(w) != to_model_form(w, "Beng")]
    assert differing == []


def test_clean_splits_punctuation_and_drops_other_scripts() -> None:
    assert prepare.clean("গুৱাহাটীত, “সভা” হ’ব।") == "গুবাহাটীত , “ সভা ” হ’ব ।"
    assert prepare.clean("an English sentence of six words") is None
    assert prepare.clean("দুটা শব্দ") is None


def test_clean_leaves_a_script_as_it_is_when_asked() -> None:
    assert prepare.clean("ৰাম\u200d गया है हाँ।", native=True) == "ৰাম गया है हाँ ।"


def test_tokenizer_gives_every_character_back(data: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(data / "tokenizer")
    for text in ("গুৱাহাটীত ৰাজ্যৰ hello 😀", "मुंबई में ज़िला क़लम", "ঢাকা\u200cয় কার্\u200dয"):
        ids = tokenizer(text).input_ids
        assert tokenizer.decode(ids, skip_special_tokens=True) == text
        assert tokenizer.unk_token_id not in ids


def settings(**changes: object) -> train.Settings:
    values = {
        "tokens": 32 * 4 * 6, "layers": 2, "hidden": 64, "heads": 4, "intermediate": 64,
        "length": 32, "batch": 4, "learning_rate": 1e-3, "warmup": 0.1, "masked": 0.2,
        "bf16": False, "seed": 5, "processes": 1,
    }  # fmt: skip
    return train.Settings(**{**values, **changes})  # type: ignore[arg-type]


def test_names_are_cut_before_their_endings(tmp_path: Path) -> None:
    """A penalty is enough: the stem is its own piece, offsets hold, words with no ending stay."""
    scores = {"▁অসম": -8.0, "▁অসমত": -9.0, "▁ভারত": -7.0, "▁ভার": -11.0, "ত": -5.0, "<unk>": -30.0}
    tokenizer = Tokenizer(Unigram([*scores.items()], unk_id=5))
    tokenizer.pre_tokenizer = Metaspace()
    source = tmp_path / "whole"
    source.mkdir()
    tokenizer.save(str(source / "tokenizer.json"))
    assert tokenizer.encode("অসমত").tokens == ["▁অসমত"]
    assert split_endings.split_endings(source, tmp_path / "cut") == (1, 6)
    cut = Tokenizer.from_file(str(tmp_path / "cut" / "tokenizer.json"))
    encoded = cut.encode("অসমত ভারত")
    assert encoded.tokens == ["▁অসম", "ত", "▁ভারত"]
    assert encoded.offsets[1] == (3, 4)
    assert cut.get_vocab() == tokenizer.get_vocab()


def test_batches_mask_whole_words_and_nothing_special(data: Path) -> None:
    batches = train.Batches(data / "ids", data / "tokenizer", settings(masked=0.5), rank=0)
    ids, labels = batches(3)
    assert torch.equal(batches(3)[0], ids)
    assert not torch.equal(batches(4)[0], ids)
    masked = (labels != train.IGNORE).numpy()
    original = np.where(masked, labels, ids)
    assert (original[masked] > 3).all()
    continues = ~batches.starts_word[original[:, 1:]]
    same = masked[:, 1:] == masked[:, :-1]
    assert same[continues & (original[:, :-1] > 3)].all()


def test_first_heads_look_at_neighbours() -> None:
    encoder = model.build_model(settings(hidden=256, length=64), 1200, Path("none"))
    encoder.set_attn_implementation("eager")
    ids = torch.randint(4, 1000, (1, 64), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        first = encoder.roberta(ids, output_attentions=True).attentions[0][0]
    for head, offset in enumerate((-1, 1, -2, 2)):
        looks = {d: first[head].diagonal(d).mean().item() for d in range(-4, 5)}
        assert max(looks, key=lambda d: looks[d]) == offset


def test_languages_come_in_the_shares_asked_for(data: Path) -> None:
    batches = train.Batches(
        data / "ids", data / "tokenizer", settings(shares={"as": 0.0, "bn": 3.0}), rank=0
    )
    bengali = np.load(data / "ids" / "bn.npy")
    runs = {tuple(bengali[i : i + 31]) for i in range(len(bengali))}
    rng = np.random.default_rng(3)
    assert all(tuple(batches._sequence(rng)[1:]) in runs for _ in range(20))


def test_replaced_tokens_are_judged_in_the_whole_text(data: Path) -> None:
    """The encoder sees guesses and never a mask, and a perfect judge has no loss but guessing's."""
    chosen = settings(objective="replaced")
    batches = train.Batches(data / "ids", data / "tokenizer", chosen, rank=0)
    ids, labels = batches(0)
    whole = model.build_loss(chosen, batches.n_pieces, Path("none"))
    assert isinstance(whole, model.ReplacedLoss)
    seen: list[torch.Tensor] = []
    whole.model.roberta.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    loss, found = whole(ids, labels)
    loss.backward()
    masked = labels != model.IGNORE
    assert batches.mask_id in ids
    assert batches.mask_id not in seen[0][masked]
    assert torch.equal(seen[0][~masked], ids[~masked])
    assert 0 <= found <= 1
    assert all(p.grad is not None for p in whole.parameters())

    original = torch.where(masked, labels, ids)
    targets = labels[masked]
    right = torch.arange(len(targets)) % 2 == 0
    sure = torch.nn.functional.one_hot(targets * right, batches.n_pieces) * 100.0
    whole.model.lm_head.register_forward_hook(lambda *_: sure)
    whole.judge.register_forward_hook(lambda *_: ((seen[-1] != original)[..., None] * 2.0 - 1) * 50)
    with torch.no_grad():
        loss, found = whole(ids, labels)
    assert torch.equal(seen[-1][masked] == targets, right)
    assert found == 1
    assert loss.item() == pytest.approx(torch.nn.functional.cross_entropy(sure, targets).item())


@pytest.mark.parametrize("objective", ["masked", "replaced"])
def test_training_resumes_where_it_was_killed(data: Path, tmp_path: Path, objective: str) -> None:
    class KilledError(Exception):
        pass

    def run(out: str, kill_after: int | None = None) -> dict[str, torch.Tensor]:
        arguments = train.argparse.Namespace(
            data=data / "ids", tokenizer=data / "tokenizer", out=tmp_path / out, log_every=100,
            save_every=2, weights=None, eager=True,
        )  # fmt: skip
        real = train.save_checkpoint

        def save_then_die(folder: Path, model: object, optimiser: object, step: int) -> None:
            real(folder, model, optimiser, step)  # type: ignore[arg-type]
            if step == kill_after:
                raise KilledError

        train.save_checkpoint = save_then_die
        try:
            train.train(arguments, settings(objective=objective), 0, torch.device("cpu"))
        finally:
            train.save_checkpoint = real
        return train.load_file(tmp_path / out / "checkpoint.safetensors")

    straight = run("straight")
    with pytest.raises(KilledError):
        run("killed", kill_after=2)
    resumed = run("killed")
    assert straight.keys() == resumed.keys()
    assert all(torch.equal(straight[name], resumed[name]) for name in straight)


def test_training_starts_from_the_weights_of_an_encoder(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(out: str, weights: Path | None, learning_rate: float) -> dict[str, torch.Tensor]:
        arguments = train.argparse.Namespace(
            data=data / "ids", tokenizer=data / "tokenizer", out=tmp_path / out, log_every=100,
            save_every=100, weights=weights, eager=True,
        )  # fmt: skip
        chosen = dataclasses.replace(settings(), learning_rate=learning_rate)
        train.train(arguments, chosen, 0, torch.device("cpu"))
        found = train.load_file(tmp_path / out / train.CHECKPOINT)
        return {name: value for name, value in found.items() if name.startswith("weight.")}

    first = run("first", None, 1e-3)
    standing_still = run("second", tmp_path / "first", 0.0)
    assert all(torch.equal(standing_still[name], first[name]) for name in first)
    command = [
        "pack.py",
        str(tmp_path / "first"),
        str(data / "tokenizer"),
        str(tmp_path / "packed"),
    ]
    monkeypatch.setattr(sys, "argv", command)
    pack.main()
    from_released = run("third", tmp_path / "packed", 0.0)
    assert all(torch.equal(from_released[name], first[name].half().float()) for name in first)
    with pytest.raises(SystemExit, match="neither checkpoint"):
        train.find_weights(data)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"layers": 3}, "has .* too. Were its --layers others"),
        ({"intermediate": 32}, "is .*, expected .* Was it another size"),
        ({"heads": 2}, "has 2 heads, expected 4. Give --heads 2"),
    ],
)
def test_no_part_of_another_encoder_is_taken(
    other: dict[str, int], said: str, tmp_path: Path
) -> None:
    model.build_model(settings(**other), 300, tmp_path).save_pretrained(tmp_path / "other")
    wanted = model.build_loss(settings(), 300, tmp_path)
    with pytest.raises(SystemExit, match=said):
        train.load_weights(train.find_weights(tmp_path / "other"), wanted)


def test_an_encoder_that_began_with_another_claims_no_total(data: Path, tmp_path: Path) -> None:
    """How much the other had read, nobody told."""
    began = settings(weights="0123")
    assert pack.describe(tmp_path, began, ()).startswith("# An experiment")


def test_weights_of_another_objective_are_refused(data: Path, tmp_path: Path) -> None:
    arguments = train.argparse.Namespace(
        data=data / "ids", tokenizer=data / "tokenizer", out=tmp_path / "first", log_every=100,
        save_every=100, weights=None, eager=True,
    )  # fmt: skip
    train.train(arguments, settings(), 0, torch.device("cpu"))
    arguments.weights, arguments.out = tmp_path / "first", tmp_path / "second"
    with pytest.raises(SystemExit, match="Was its --objective another"):
        train.train(arguments, settings(objective="replaced"), 0, torch.device("cpu"))
    model.build_model(settings(), 300, tmp_path).roberta.save_pretrained(tmp_path / "headless")
    arguments.weights, arguments.out = tmp_path / "headless", tmp_path / "third"
    with pytest.raises(SystemExit, match="Was its --objective another"):
        train.train(arguments, settings(), 0, torch.device("cpu"))


@pytest.mark.parametrize("variant", ablation.VARIANTS, ids=lambda v: v.name)
def test_every_variant_changes_one_thing(variant: ablation.Variant, tmp_path: Path) -> None:
    options = ["--tokens", str(variant.times * 1.5e6), *variant.options]
    given = train.build_parser().parse_args(["ids", "tok", "out", *options])
    plain = train.build_parser().parse_args(["ids", "tok", "out", "--tokens", "1.5e6"])
    found, base = (dataclasses.asdict(train.read_settings(a, 1)) for a in (given, plain))
    n_changed = sum(found[key] != base[key] for key in base)
    n_changed += (variant.data != "one-script") + bool(variant.sources)
    assert n_changed == (variant.name != "base")
    sets = ablation.set_sources(variant.sources)[1:]
    recipe = read_recipe(ablation.write_recipe(tmp_path, variant), overrides=parse_overrides(sets))
    n_sources = sum(source.max_sentences or 0 for source in recipe.sources)
    assert n_sources == ablation.N_SOURCE_SENTENCES
    scripts = {corpus.script for corpus in (recipe.target, *recipe.sources, *recipe.test_sets)}
    assert scripts == ({None} if variant.data == "native" else {"Beng"})


def test_results_become_rows_and_a_curve(tmp_path: Path) -> None:
    for folder in (
        "encoders/base",
        "pretrained/base",
        "runs/base/results",
        "runs/from-hindi/results",
    ):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "encoders/base/model.safetensors").write_bytes(b"0" * 2_000_000)
    (tmp_path / "pretrained/base/log.jsonl").write_text('{"tokens": 9}\n{"tokens": 1500160}\n')
    for run, own in (("base", 0.6), ("from-hindi", 0.5)):
        for stage in ablation.STAGES:
            for seed, more in (("1", 0.0), ("2", 0.1)):
                result = {
                    "validation": {"f1_strict": own + more},
                    "test_sets": {"asner_as": {"f1_strict": 0.2 + more}},
                }
                path = tmp_path / "runs" / run / "results" / f"{stage}-{seed}.json"
                path.write_text(json.dumps(result))
    variants = {variant.name: variant for variant in ablation.VARIANTS}
    base, hindi = (
        ablation.read_result(tmp_path, variants[name], ["1", "2"])
        for name in ("base", "from-hindi")
    )
    cells = "0.650 ± 0.071 | 0.250 ± 0.071"
    assert ablation.to_row(base) == f"| base | 2 MB | 1.5 M | {' | '.join([cells] * 3)} |"
    assert ablation.to_row(hindi).startswith("| from-hindi | 2 MB | 1.5 M | 0.550 ± 0.071 |")
    ablation.draw([base, hindi], tmp_path / "curve.png")
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("objective", ["masked", "replaced"])
def test_a_packed_encoder_promises_what_it_has(
    data: Path, tmp_path: Path, objective: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The masked-LM head of replaced-token detection was the generator's: it is left out."""
    arguments = train.argparse.Namespace(
        data=data / "ids", tokenizer=data / "tokenizer", out=tmp_path / "run", log_every=100,
        save_every=100, weights=None, eager=True,
    )  # fmt: skip
    train.train(arguments, settings(objective=objective), 0, torch.device("cpu"))
    command = ["pack.py", str(tmp_path / "run"), str(data / "tokenizer"), str(tmp_path / "packed")]
    monkeypatch.setattr(sys, "argv", command)
    pack.main()
    packed = train.load_file(tmp_path / "packed" / "model.safetensors")
    trained = train.load_file(tmp_path / "run" / train.CHECKPOINT)
    prefix = "roberta." if objective == "masked" else ""
    places = "embeddings.position_embeddings.weight"
    assert torch.equal(packed[prefix + places], trained[f"weight.model.roberta.{places}"].half())
    assert any(name.startswith("lm_head") for name in packed) == (objective == "masked")
    card = (tmp_path / "packed" / "README.md").read_text("utf-8")
    assert ("masked pieces guessed right" in card) == (objective == "masked")
    assert ('"objective": "replaced"' in card) == (objective == "replaced")


@pytest.fixture
def lines(tmp_path: Path) -> parallel_lines.Lines:
    """Lines for two encoders with the same pieces, which read the same letters."""
    for language in ("as", "bn", "hi"):
        text = "গুৱাহাটীত মানুহ থাকে ।\nঅসমৰ নদীবোৰ ডাঙৰ আৰু দীঘল ।\n"
        (tmp_path / f"{language}.txt").write_text(text, "utf-8")
    pieces = ENCODERS / "mini" / "tokenizer.json"
    tokenizers = [Tokenizer.from_file(str(pieces)) for _ in range(2)]
    settings = parallel_lines.Settings(1e3, 2, 4, 1e-3, 0.15, 0.1, 13)
    return parallel_lines.Lines(tmp_path, *tokenizers, settings)


def test_a_word_has_one_number_in_both_encoders(lines: parallel_lines.Lines) -> None:
    theirs, mine = lines(0)
    n_words = int(mine.word_of.max()) + 1
    for batch in (theirs, mine):
        assert set(batch.word_of[batch.word_of >= 0].tolist()) == set(range(n_words))
        flat = batch.word_of.flatten()
        assert flat[batch.first].tolist() == list(range(n_words))
        before = batch.first - 1
        assert (flat[before] != flat[batch.first]).all()
        assert (batch.word_of[~batch.mask] == -1).all()


def test_equal_pieces_start_with_equal_vectors(lines: parallel_lines.Lines) -> None:
    """Where the small encoder has the pieces and letters of the large one, so are its vectors."""
    for language, text in lines.lines.items():  # in one script already, so that both read alike
        lines.lines[language] = [prepare.to_one_script(line) for line in text]
    teacher = torch.randn(16_000, 8)
    started = parallel_lines.start_embeddings(lines, teacher, 16_000)
    used = {
        i
        for of_language in lines.lines.values()
        for line in of_language
        for i in lines.student.encode(line.split(), is_pretokenized=True).ids
    }
    rows = sorted(used)
    assert torch.allclose(started[rows], teacher[rows], atol=1e-5)
