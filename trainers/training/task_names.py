"""Which task a recipe means by its name."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from trainers.training.errors import RecipeError

if TYPE_CHECKING:
    from trainers.training.task import Task

TASKS: dict[str, str | type[Task]] = {
    "cycle-attention": "trainers.cycle_attention.cycle_task:CycleAttentionTask",
    "expression": "trainers.cycle_attention.expression_task:ExpressionTask",
    "identity-adversarial": "trainers.identity_adversarial.task:IdentityAdversarialTask",
    "label-adversarial": "trainers.label_adversarial.task:LabelAdversarialTask",
    "linear": "trainers.training.linear:Linear",
    "multi-au": "trainers.multi_au.task:MultiAuTask",
    "multilabel-qda": "trainers.multilabel_qda.task:MultiLabelTask",
    "pose-dependent": "trainers.pose_dependent.tasks:PoseDependentTask",
    "pose-invariant": "trainers.pose_dependent.tasks:PoseInvariantTask",
}
"""Name -> the class, or "module:Class" so that only the task that is asked for is imported."""


def task_named(name: str, where: str) -> type[Task]:
    """Return a task's class.

    Args:
        name: a key of `TASKS`, or "module:Class" of an installed package's own task.
        where: what messages begin with.

    Raises:
        RecipeError: there is none.
    """
    from trainers.training.task import Task

    found = TASKS.get(name, name)
    if isinstance(found, type):
        return found
    module, colon, kind = found.partition(":")
    if not colon:
        raise RecipeError(
            f"{where}: task.name is {name!r}: use one of {', '.join(TASKS)}, or MODULE:CLASS of your own"
        )
    try:
        task = getattr(import_module(module), kind, None)
    except ImportError as error:
        raise RecipeError(f"{where}: task.name is {name!r}, but importing it failed ({error})") from error
    if not (isinstance(task, type) and issubclass(task, Task)):
        raise RecipeError(f"{where}: task.name is {name!r}, but {module} has no task {kind}")
    return task
