"""The training loop that all methods share: recipes, tasks, runs, and bundles made of them.

A *recipe* (TOML) says what to train and how; a *task* is what one method adds to the loop; a *run* is the
folder that training leaves; `export_bundle` makes of it what the runtime runs.

    recipe.py, recipe_files.py    every key of a recipe; finding, reading and overriding recipes
    task.py, task_names.py        what a method implements; which task a recipe means
    train.py, loop.py             from a recipe and a corpus to a run; the iterations
    samples.py, batch.py          rows of a corpus as tensors; augmentation.py and preparation.py change them
    run_folder.py, loading.py     the files of a run; getting its task back
    exporting.py                  from a run to a bundle
    fed_networks.py               a run's networks as the runtime feeds them
    run_engines.py                the same in place of a bundle's own, to measure the export by
    linear.py                     the shortest complete task

Import from the modules: most need torch, which takes seconds, and reading a recipe's mistakes does not.
"""
