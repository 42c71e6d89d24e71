"""What was run, as tables: the paper's settings beside ours, and every network."""

from __future__ import annotations

from collections.abc import Sequence

from trainers.pose_dependent.tasks import PoseDependentOptions, PoseInvariantOptions
from trainers.reports.content import Table
from trainers.reproduction.runs import TrainedRun
from trainers.training.recipe import Recipe

# Section III of the paper; a dash where it does not say.
PAPER = {
    "trunk": "VGG-16, ImageNet weights",
    "picture": "whole, grey, equalised, 224 x 224",
    "training pictures": "3,000 zero and 3,000 non-zero in each of 9 views, per AU",
    "augmentation": "none",
    "optimiser": "SGD, learning rate 0.0001",
    "batch": "–",
    "losses": "sums over the batch, alpha 0.05",
    "stages": "AU12: regressors, then pose, then joint; other AUs: regressors",
    "end": "validation loss starts to increase",
    "precision": "–",
}


def settings_table(trained: Sequence[TrainedRun]) -> Table:
    """Return the paper's settings and ours. Both models are trained alike, but for stages and alpha."""
    recipes = {run.loaded.record.recipe.task: run for run in trained}
    dependent = recipes["pose-dependent"]
    recipe = dependent.loaded.record.recipe
    options = recipe.options
    assert isinstance(options, PoseDependentOptions)
    sampling, optimiser, how = recipe.data.sampling, recipe.optimiser, recipe.training
    length = f"{how.epochs} epochs" if how.epochs else f"{how.iterations} iterations"
    ours = {
        "trunk": f"{options.backbone}, {_weights(options)} weights",
        "picture": _picture(recipe),
        "training pictures": f"{sampling.per_view:,} zero and {sampling.per_view:,} non-zero at most in each "
        "view, per AU"
        if sampling.kind == "intensity"
        else "all",
        "augmentation": _augmentation(recipe),
        "optimiser": f"{optimiser.kind}, learning rate {optimiser.lr:g}, {optimiser.schedule}",
        "batch": str(recipe.data.batch),
        "losses": f"{options.reduction} over the batch, alpha {options.alpha:g}",
        "stages": "; ".join(dict.fromkeys(_stages(run) for run in trained if _stages(run))),
        "end": f"{length}; best {how.metric or 'weights are the last'}"
        + (f", stops after {how.patience} looks without a better one" if how.patience else ""),
        "precision": how.precision,
    }
    return Table(
        title="The paper's settings and ours",
        caption=f"Recipes {' and '.join(run.loaded.record.recipe.name for run in recipes.values())}.",
        head=("setting", "paper", "here"),
        rows=tuple((name, text, ours[name]) for name, text in PAPER.items()),
        notes=("Both models are trained with the same settings, but for stages and alpha.",),
    )


def _weights(options: PoseInvariantOptions) -> str:
    if options.run is not None:
        return "with all AUs together learnt"
    return {"imagenet": "ImageNet"}.get(options.weights, options.weights)


def _picture(recipe: Recipe) -> str:
    data = recipe.data
    what = "aligned crop" if data.picture == "crop" else data.picture
    return ", ".join(
        [what, data.colour, *(["equalised"] if data.equalise else []), f"{data.size} x {data.size}"]
    )


def _augmentation(recipe: Recipe) -> str:
    how = recipe.data.augmentation
    used = [f"{name} {getattr(how, name):g}" for name in how.__struct_fields__ if getattr(how, name)]
    return ", ".join(used) or "none"


def _stages(run: TrainedRun) -> str:
    recipe = run.loaded.record.recipe
    if not isinstance(recipe.options, PoseDependentOptions):
        return ""
    *before, last = recipe.options.stages.used
    epochs = recipe.options.stages.epochs
    words = [f"{stage} {epochs[stage]} epochs" for stage in before]
    au = "AU12" if recipe.data.aus == ("AU12",) else "other AUs"
    return f"{au}: {', '.join([*words, f'{last} to the end'])}"
