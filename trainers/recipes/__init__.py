"""The recipes that ship with LiveFACS: one folder per method, one TOML file per variant.

    livefacs train baseline/linear --corpus my-corpus --out run

takes `baseline/linear.toml` from here. To change a few keys use `--set optimiser.lr=0.001`; to change many,
copy the file and name its path. Every key that there is, with what it means and which values it takes, is an
attribute of a struct in `trainers.training.recipe`; the keys of `[task]` are those of the task's own options
(`trainers.training.task_names` says where each task is). A key that is left out has its default, one that
is not known is refused, and the run keeps the recipe with everything spelled out in `run.toml`.

A recipe that reproduces a paper says so in its first lines, with the section or table each value is from,
and marks the values that the paper does not give.
"""
