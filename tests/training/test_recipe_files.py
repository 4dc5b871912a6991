"""Recipes as files: every mistake at once, overrides, variables, what decides a result."""

from __future__ import annotations

from pathlib import Path

import pytest

from nerbridge.errors import RecipeError
from nerbridge.training.recipe import SHIPPED, Recipe
from nerbridge.training.recipe_files import (
    change_recipe,
    find_recipe,
    fingerprint_settings,
    migrate_fingerprint,
    parse_overrides,
    read_recipe,
    recipe_sha256,
    shipped_recipes,
)

OF_THE_LOG = Path(__file__).parents[2] / "docs" / "log" / "recipes"
MINIMAL = """
name = "mine"
[target]
path = "as"
language = "as"
[[sources]]
path = "bn"
language = "bn"
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(MINIMAL, "utf-8")
    return path


def change(path: Path, text: str) -> Path:
    path.write_text(MINIMAL + text, "utf-8")
    return path


def test_shipped_recipes_can_be_read() -> None:
    assert {"paper", "quickstart"} <= set(shipped_recipes())
    for name in shipped_recipes():
        assert read_recipe(name).name == name


def test_every_shipped_recipe_is_explained() -> None:
    page = (SHIPPED / "README.md").read_text("utf-8")
    for name in shipped_recipes():
        assert f"`{name}`" in page


def test_at_most_ten_recipes_are_shipped() -> None:
    assert len(shipped_recipes()) <= 10, "experiments belong into docs/log/recipes"


@pytest.mark.parametrize("path", sorted(OF_THE_LOG.glob("*.toml")), ids=lambda path: path.stem)
def test_recipes_of_the_log_can_be_read(path: Path) -> None:
    recipe = read_recipe(path)
    assert recipe.name == path.stem
    assert f"`{path.stem}`" in (OF_THE_LOG / "README.md").read_text("utf-8")
    for made in recipe.pseudo_labels:
        assert find_recipe(made.recipe).is_file()


@pytest.mark.parametrize(
    ("written", "found"),
    [("other.toml", Path("other.toml")), ("assamese", SHIPPED / "assamese.toml")],
)
def test_a_labelling_recipe_is_beside_it_or_shipped(
    written: str, found: Path, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the command is called from."""
    (mine.parent / "other.toml").write_text(MINIMAL, "utf-8")
    (mine.parent / "elsewhere").mkdir()
    monkeypatch.chdir(mine.parent / "elsewhere")
    source = '[[sources]]\npath = "here:made"\nlanguage = "bn"\n'
    made = f'path = "here:made"\nrecipe = "{written}"\ntext = ["a.txt"]\n'
    made = f"{source}[[pseudo_labels]]\n{made}"
    labelling = read_recipe(change(mine, made)).pseudo_labels[0].recipe
    assert find_recipe(labelling) == mine.parent / found


def test_the_paper_s_settings() -> None:
    paper = read_recipe("paper")
    assert paper.baseline.method == "full"
    assert (paper.baseline.learning_rate, paper.baseline.batch_size, paper.baseline.epochs) == (
        2e-5,
        8,
        3,
    )
    assert (paper.lora.r, paper.lora.lora_alpha, paper.lora.lora_dropout) == (8, 32, 0.05)
    assert paper.lora.target_modules == ("query", "value")
    assert paper.lora.bias == "lora_only"
    transfer, adapt = paper.transfer, paper.adapt
    assert (transfer.learning_rate, transfer.batch_size, transfer.epochs) == (8e-5, 8, 6)
    assert transfer.precision == "fp16"
    assert (adapt.learning_rate, adapt.batch_size, adapt.epochs) == (1e-4, 8, 3)
    assert [source.max_sentences for source in paper.sources if source.language == "bn"] == [5000]


def test_every_mistake_is_said_at_once(mine: Path) -> None:
    change(
        mine,
        'extra = 1\n[transfer]\nepoch = 3\nlearning_rate = -1\n[adapt]\nepochs = "many"\n'
        "[lora]\nrank = 8\n",
    )
    with pytest.raises(RecipeError) as error:
        read_recipe(mine)
    said = str(error.value)
    assert str(mine) in said
    for place in ("sources.0.extra", "transfer.epoch:", "transfer.learning_rate", "adapt.epochs"):
        assert place in said
    assert "lora.rank" in said
    assert "'many'" in said
    assert "5 mistakes" in said
    assert said.count("\n  ") == 5
    assert "https://" not in said


def test_a_misfit_is_said_without_clutter(mine: Path) -> None:
    with pytest.raises(RecipeError) as error:
        read_recipe(mine, overrides={"adapt.method": "full"})
    assert "adapt.method: 'full' cannot continue a model of" in str(error.value)
    assert "Value error" not in str(error.value)


@pytest.mark.parametrize("text", ["name = ", "[target", "\ufeffx", "\x00"])
def test_what_is_not_toml_is_said_with_the_place(text: str, mine: Path) -> None:
    mine.write_text(text, "utf-8")
    with pytest.raises(RecipeError, match=r"mine\.toml: not TOML"):
        read_recipe(mine)


def test_a_binary_file_is_no_recipe(mine: Path) -> None:
    mine.write_bytes(bytes(range(256)))
    with pytest.raises(RecipeError, match=r"mine\.toml: not TOML"):
        read_recipe(mine)


def test_an_empty_recipe_lacks_what_it_must_have(mine: Path) -> None:
    mine.write_text("", "utf-8")
    with pytest.raises(RecipeError) as error:
        read_recipe(mine)
    for place in ("name", "target", "sources"):
        assert f"  {place}: Field required" in str(error.value)


def test_an_unknown_name_lists_those_there_are() -> None:
    with pytest.raises(RecipeError, match=r"quickstrat: no such recipe.*quickstart"):
        read_recipe("quickstrat")


def test_a_file_comes_before_a_shipped_name(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine.rename(tmp_path / "quickstart")
    monkeypatch.chdir(tmp_path)
    assert find_recipe("quickstart") == Path("quickstart")
    assert read_recipe("quickstart").name == "mine"


@pytest.mark.parametrize("folder", [".", "recipe.toml"])
def test_a_folder_is_no_recipe(folder: str, tmp_path: Path) -> None:
    (tmp_path / folder).mkdir(exist_ok=True)
    with pytest.raises(RecipeError, match="no such recipe"):
        read_recipe(tmp_path / folder)


def test_overrides_are_toml_values_or_words(mine: Path) -> None:
    recipe = read_recipe(
        mine,
        overrides=parse_overrides(
            [
                "transfer.epochs=3",
                "adapt.learning_rate = 2e-4",
                "encoder.id=bundled:mini",
                'lora.target_modules=["query"]',
                "reference.crf=false",
                "transfer.precision=bf16",
                "adapt.patience=2",
            ]
        ),
        seeds=[7, 8],
    )
    assert (recipe.transfer.epochs, recipe.adapt.learning_rate) == (3, 2e-4)
    assert recipe.encoder.id == "bundled:mini"
    assert recipe.lora.target_modules == ("query",)
    assert (recipe.reference.crf, recipe.transfer.precision) == (False, "bf16")
    assert (recipe.adapt.patience, recipe.seeds) == (2, (7, 8))


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("transfer.epochs", "expected stage.key=value"),
        ("=3", "expected stage.key"),
        ("transfer..epochs=3", "expected stage.key"),
        ("name.x=3", "part of the key is a value"),
        ("sources.0.path=x", "part of the key is a value"),
        ("transfer.epoch=3", "transfer.epoch: unknown key; did you mean epochs"),
        ("transfer.epochs=0", "transfer.epochs: Input should be greater than 0"),
        ("transfer=3", "transfer: "),
    ],
)
def test_wrong_overrides_are_said(override: str, said: str, mine: Path) -> None:
    with pytest.raises(RecipeError, match=said):
        read_recipe(mine, overrides=parse_overrides([override]))


def test_a_recipe_that_is_read_takes_other_values(mine: Path) -> None:
    recipe = read_recipe(mine)
    changed = change_recipe(recipe, {"transfer.epochs": 3, "types": ["PER"]}, seeds=[7])
    assert (changed.transfer.epochs, changed.types, changed.seeds) == (3, ("PER",), (7,))
    assert (changed.data_root, changed.target) == (recipe.data_root, recipe.target)
    assert change_recipe(recipe, {}) == recipe
    with pytest.raises(RecipeError, match=r"transfer.epoch: unknown key; did you mean epochs"):
        change_recipe(recipe, {"transfer.epoch": 3})
    with pytest.raises(RecipeError, match="Give the name or file of the recipe"):
        change_recipe(recipe, {"script": "target"})


@pytest.mark.parametrize(
    ("written", "environment", "read"),
    [
        ("${CORPORA:-/data/ner}", {}, "/data/ner"),
        ("${CORPORA:-/data/ner}", {"CORPORA": "/mine"}, "/mine"),
        ("${CORPORA:-/data/ner}/sub", {"CORPORA": ""}, "/data/ner/sub"),
        ("/plain", {}, "/plain"),
    ],
)
def test_data_root_reads_the_environment(
    written: str, environment: dict[str, str], read: str, mine: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.delenv("CORPORA", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    mine.write_text(f'data_root = "{written}"\n{MINIMAL}', "utf-8")
    assert read_recipe(mine).data_root == read


@pytest.mark.parametrize(
    ("written", "environment", "read"),
    [
        ("${ENCODER:-intfloat/multilingual-e5-small}", {}, "intfloat/multilingual-e5-small"),
        ("${ENCODER:-owner/name}", {"ENCODER": "build/e5"}, "build/e5"),
        ("${ENCODER:-owner/name}", {"ENCODER": ""}, "owner/name"),
        ("${PLACE}/${ENCODER:-e5}", {"PLACE": "/models"}, "/models/e5"),
        ("owner/name", {"ENCODER": "other"}, "owner/name"),
    ],
)
def test_the_encoder_reads_the_environment(
    written: str, environment: dict[str, str], read: str, mine: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for name in ("ENCODER", "PLACE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    mine.write_text(f'encoder = {{ id = "{written}" }}\n{MINIMAL}', "utf-8")
    assert read_recipe(mine).encoder.id == read
    assert read_recipe(mine, overrides={"encoder.id": written}).encoder.id == read


def test_an_encoder_that_is_not_set_is_said(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ENCODER", raising=False)
    mine.write_text('encoder = { id = "${ENCODER}" }\n' + MINIMAL, "utf-8")
    with pytest.raises(RecipeError, match=r"encoder\.id: .* variable ENCODER, which is not set"):
        read_recipe(mine)
    mine.write_text('encoder = "${ENCODER:-x}"\n' + MINIMAL, "utf-8")
    with pytest.raises(RecipeError, match="single brackets"):
        read_recipe(mine)


def test_a_variable_without_a_value_is_said(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CORPORA", raising=False)
    mine.write_text('data_root = "${CORPORA}/ner"\n' + MINIMAL, "utf-8")
    with pytest.raises(RecipeError, match="CORPORA") as error:
        read_recipe(mine)
    assert "1 mistake in the recipe" in str(error.value)
    with pytest.raises(RecipeError) as error:
        read_recipe(mine, overrides={"transfer.epochs": 0})
    assert "2 mistakes in the recipe" in str(error.value)


def test_without_data_root_corpora_are_beside_the_recipe(mine: Path) -> None:
    assert read_recipe(mine).data_root == str(mine.parent)


def test_names_places_and_seeds_decide_nothing(mine: Path) -> None:
    recipe = read_recipe(mine)
    other = recipe.model_copy(
        update={"name": "x", "description": "y", "seeds": (5,), "data_root": "/z"}
    )
    assert recipe_sha256(other) == recipe_sha256(recipe)
    longer = read_recipe(mine, overrides={"adapt.epochs": 3})
    assert recipe_sha256(longer) == recipe_sha256(change_recipe(recipe, {"adapt.epochs": 3}))
    assert recipe_sha256(longer) != recipe_sha256(recipe)
    kept = fingerprint_settings(recipe).keys()
    # The recipe's script stands at every corpus.
    left_out = {"name", "description", "seeds", "data_root", "pseudo_labels", "script"}
    assert Recipe.model_fields.keys() - kept == left_out


def test_the_usual_layers_decide_as_no_layers_do(mine: Path) -> None:
    """What an earlier version recorded as its default is what this version does without one."""
    recipe = read_recipe(mine)
    assert recipe.lora.target_modules is None
    named = read_recipe(mine, overrides={"lora.target_modules": ["query", "value"]})
    other = read_recipe(mine, overrides={"lora.target_modules": "all-linear"})
    assert recipe_sha256(named) == recipe_sha256(recipe) != recipe_sha256(other)
    assert migrate_fingerprint(fingerprint_settings(named)) == fingerprint_settings(recipe)


def test_a_byte_order_mark_is_no_part_of_a_recipe(mine: Path) -> None:
    expected = read_recipe(mine)
    mine.write_bytes(b"\xef\xbb\xbf" + mine.read_bytes())
    assert read_recipe(mine) == expected
