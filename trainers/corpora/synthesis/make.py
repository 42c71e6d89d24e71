"""Render a whole corpus with all cores and write it."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from pathlib import Path

from trainers.corpora.behaviour import AUS
from trainers.corpora.data_card import write_data_card
from trainers.corpora.rendering.head_model import head_model
from trainers.corpora.store import CorpusWriter
from trainers.corpora.synthesis.filming import Film, film
from trainers.corpora.synthesis.plan import CorpusPlan
from trainers.errors import CorpusError

# Subjects under way at once, per worker: enough to keep all busy, few enough to keep in memory.
AHEAD = 2
# Windows waits for no more processes at once.
MOST_WORKERS = 61


def make_corpus(
    plan: CorpusPlan,
    out: Path,
    *,
    jobs: int | None = None,
    progress: Callable[[int], None] = lambda pictures: None,
    overwrite: bool = False,
) -> None:
    """Render a corpus into a new folder; the folder appears only when it is complete.

    With more than one worker, a script that calls this needs the guard `if __name__ == "__main__":`.

    Args:
        plan: what to render.
        out: the folder (see `trainers.corpora.store`).
        jobs: worker processes; None: one per core that this process may use. The result does not depend on
            it.
        progress: told each time how many more pictures are done.
        overwrite: whether an older corpus in `out` may be replaced.

    Raises:
        CorpusError: the folder is taken or cannot be written, `anny` is missing, or a worker died.
    """
    if jobs is not None and jobs < 1:
        raise CorpusError(f"jobs {jobs}: at least one worker must draw")
    head_model()  # built once here, not by every worker
    with (
        CorpusWriter(
            out, plan.name, AUS, plan=plan.as_table(), card=write_data_card, overwrite=overwrite
        ) as writer,
        closing(_films(plan, jobs or _cores())) as films,
    ):
        for made in films:
            columns = dict(made.columns)
            attributes = columns.pop("attributes")
            writer.add(made.pictures, columns, attributes)
            progress(len(made.pictures))


def _cores() -> int:
    """The cores this process may use; containers and `taskset` allow fewer than there are."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _films(plan: CorpusPlan, jobs: int) -> Generator[Film, None, None]:
    """Each subject's film, in the subjects' order, `AHEAD` subjects per worker under way."""
    jobs = min(jobs, plan.subjects, MOST_WORKERS)
    if jobs == 1:
        yield from (film(plan, number) for number in range(plan.subjects))
        return
    others = set(multiprocessing.active_children())
    with (
        _one_thread_each(),
        # Forked workers would inherit the threads of whatever the caller has loaded.
        ProcessPoolExecutor(
            jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_leave_interrupts_to_the_caller
        ) as pool,
    ):
        waiting = [pool.submit(film, plan, number) for number in range(min(jobs * AHEAD, plan.subjects))]
        following = len(waiting)
        try:
            while waiting:
                made = waiting.pop(0).result()
                if following < plan.subjects:
                    waiting.append(pool.submit(film, plan, following))
                    following += 1
                yield made
        except BrokenProcessPool as error:
            raise CorpusError(
                f"a worker that renders {plan.name} died, most often for lack of memory; use fewer --jobs"
            ) from error
        except BaseException:
            # Nobody wants the films that are under way: do not wait for them.
            for worker in set(multiprocessing.active_children()) - others:
                worker.terminate()
            raise


def _leave_interrupts_to_the_caller() -> None:
    """Ctrl-C reaches every process of a terminal; a worker's traceback would only hide the caller's line."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Keep the workers' linear algebra from starting a thread per core each: they share the cores."""
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
