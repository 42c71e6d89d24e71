"""Recipes found, read and overridden."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from trainers.training.errors import RecipeError
from trainers.training.recipe import OptimiserRecipe, Recipe
from trainers.training.strict_tables import join, read_table
from trainers.training.task_names import task_named


def read_recipe(name: str, overrides: Sequence[str] = ()) -> Recipe:
    """Read a recipe.

    Args:
        name: path of a TOML file, or the name of one that ships with LiveFACS ("baseline/linear").
        overrides: "KEY=VALUE" each, such as "optimiser.lr=0.001": the value as TOML would have it, or bare
            text. Of a length, "training.epochs" and "training.iterations", one takes the place of the other.

    Raises:
        RecipeError: no such recipe, not TOML, an unknown key, a wrong type, a value out of its range.
    """
    title, text = _find(name)
    where = f"recipe {title}"
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # TOMLDecodeError is a ValueError
        raise RecipeError(f"{where}: is not valid TOML ({error}): correct that place") from error
    for override in overrides:
        _set(document, override)
    _give_way(document, {override.partition("=")[0].strip() for override in overrides})
    return decode_recipe(document, title, where)


def decode_recipe(document: Mapping[str, Any], name: str, where: str) -> Recipe:
    """Return a parsed recipe as a checked one. `where` begins each message. Raises RecipeError."""
    document = dict(document)
    task = document.pop("task", None)
    if not isinstance(task, Mapping) or not isinstance(task.get("name"), str):
        raise RecipeError(f'{where}: says no task: add a table [task] with name = "..."')
    options = {key: value for key, value in task.items() if key != "name"}
    shared, own = document.get("optimiser", {}), document.pop("optimisers", {})
    if not isinstance(own, Mapping):
        raise RecipeError(f"{where}: optimisers is {own!r}: write a table for each, [optimisers.NAME]")
    given = {
        "name": name,
        "task": task["name"],
        "options": read_table(options, task_named(task["name"], where).Options, "task", where),
        "optimisers": {
            key: read_table(_over(shared, table), OptimiserRecipe, join("optimisers", key), where)
            for key, table in own.items()
        },
    }
    return read_table(document, Recipe, "", where, given)


def _over(shared: Any, own: Any) -> Any:
    """The keys of [optimiser] with those of [optimisers.NAME] over them."""
    return {**shared, **own} if isinstance(shared, Mapping) and isinstance(own, Mapping) else own


def encode_recipe(recipe: Recipe) -> dict[str, Any]:
    """Return the document of which `decode_recipe` makes the same recipe, everything in it spelled out."""
    document: dict[str, Any] = msgspec.to_builtins(recipe)
    del document["name"]
    document["task"] = {"name": document.pop("task"), **document.pop("options")}
    return without_nothing(document)


def without_nothing(table: dict[str, Any]) -> dict[str, Any]:
    """Return the table without keys whose value is None, which TOML cannot say."""
    return {
        key: without_nothing(value) if isinstance(value, dict) else value
        for key, value in table.items()
        if value is not None
    }


def recipe_names() -> list[str]:
    """Return the names of the recipes that ship with LiveFACS."""
    shelf = files("trainers") / "recipes"
    return sorted(
        f"{folder.name}/{file.name.removesuffix('.toml')}"
        for folder in shelf.iterdir()
        if folder.is_dir()
        for file in folder.iterdir()
        if file.name.endswith(".toml")
    )


def _find(name: str) -> tuple[str, str]:
    """Return what the recipe is called, and its text."""
    path = Path(name)
    try:
        if path.suffix == ".toml" or path.is_file():
            return path.stem, path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise RecipeError(f"recipe {name}: there is no such file; {_shipped()}") from error
    except OSError as error:
        raise RecipeError(f"recipe {name}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise RecipeError(f"recipe {name}: is not UTF-8 text ({error.reason}): name a TOML file") from error
    if name not in recipe_names():
        raise RecipeError(f"recipe {name}: neither a .toml file nor a recipe of LiveFACS; {_shipped()}")
    return name, (files("trainers") / "recipes" / f"{name}.toml").read_text(encoding="utf-8")


def _shipped() -> str:
    return f"LiveFACS has {', '.join(recipe_names())}"


def _set(document: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    parts = [part.strip() for part in key.split(".")]
    if not equals or not all(parts):
        raise RecipeError(f"--set {override}: write KEY=VALUE, such as optimiser.lr=0.001")
    table = document
    for part in parts[:-1]:
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise RecipeError(f"--set {override}: {part} is no table, it has no key {parts[-1]!r}")
    table[parts[-1]] = _parsed(text.strip())


def _give_way(document: dict[str, Any], overridden: set[str]) -> None:
    """Drop the file's length where another one, in epochs or in iterations, was asked for instead."""
    training = document.get("training")
    others = [unit for unit in ("epochs", "iterations") if f"training.{unit}" not in overridden]
    if isinstance(training, dict) and len(others) == 1:
        training.pop(others[0], None)


def _parsed(text: str) -> Any:
    try:
        document = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    return document["value"] if len(document) == 1 else text
