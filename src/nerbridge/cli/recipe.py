"""``nerbridge recipe``: look at recipes and check them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nerbridge.cli.console import print_json, print_note, print_result
from nerbridge.cli.options import JsonOption, QuietOption

app = typer.Typer(
    help="Show, check and write recipes.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

RecipeArgument = Annotated[
    str, typer.Argument(help="A recipe file, or the name of a shipped recipe.")
]


@app.command("list")
def list_command(json: JsonOption = False, quiet: QuietOption = False) -> None:
    """List the recipes that come with nerbridge.

    Example: nerbridge recipe list
    """
    from nerbridge.training.recipe_files import read_recipe, shipped_recipes

    recipes = {name: read_recipe(name).description for name in shipped_recipes()}
    if json:
        print_json(recipes)
    else:
        width = max(map(len, recipes))
        for name, description in recipes.items():
            print_result(f"{name:{width}}  {description}")


@app.command("show")
def show_command(
    recipe: RecipeArgument, json: JsonOption = False, quiet: QuietOption = False
) -> None:
    """Print a recipe with every default written out.

    Paths and variables are printed as they stand in the recipe.

    Example: nerbridge recipe show quickstart
    """
    from nerbridge.io.toml import to_toml
    from nerbridge.training.recipe_files import read_recipe

    values = read_recipe(recipe, as_written=True).to_dict()
    if json:
        print_json(values)
    else:
        print_result(to_toml(values))


@app.command("check")
def check_command(
    recipe: RecipeArgument, json: JsonOption = False, quiet: QuietOption = False
) -> None:
    """Check a recipe and report all mistakes at once (exit code 2).

    It also reports missing corpora and files.

    Example: nerbridge recipe check my-language.toml
    """
    from nerbridge.training.recipe_files import read_recipe, recipe_sha256
    from nerbridge.training.recipe_places import check_places

    checked = read_recipe(recipe)
    check_places(checked, recipe)
    if json:
        print_json({"name": checked.name, "sha256": recipe_sha256(checked)})
    else:
        print_note(f"{recipe}: no mistakes.", quiet=quiet)


@app.command("new")
def new_command(
    file: Annotated[Path, typer.Argument(help="The recipe to write, such as gujarati.toml.")],
    target: Annotated[str, typer.Option(help="Corpus of the target language: a folder or a name.")],
    sources: Annotated[
        list[str],
        typer.Option(
            "--source", help="Source corpus, such as bundled:hi or hi=news/hindi. Repeatable."
        ),
    ],
    language: Annotated[
        str | None, typer.Option(help="Code of the target language, such as gu.")
    ] = None,
    encoder: Annotated[
        str, typer.Option(help="bundled:mini, a folder, or a model id on the hub.")
    ] = "bundled:mini",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the file if it exists.")
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Write a recipe for your own language.

    Example: nerbridge recipe new gujarati.toml --target corpora/gu --source bundled:hi
    """
    from nerbridge.training.recipe_writing import write_recipe

    write_recipe(file, target, sources, encoder, language=language, overwrite=overwrite)
    print_note(f"{file}: written. Next: nerbridge recipe check {file}", quiet=quiet)
