"""Fit a world's parameters to votes, arms and dated choices, by NumPyro."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from patronage.errors import RunError

if TYPE_CHECKING:
    from patronage.data.panel import Panel
    from patronage.fit.posterior import Posterior
    from patronage.scenario.world import World

METHODS = ("nuts", "svi", "laplace")
Tell = Callable[[str], None]


def fit(
    world: World | str | Path,
    panel: Panel | str | Path | None = None,
    parameters: Iterable[str] | None = None,
    method: str = "nuts",
    chains: int = 4,
    warmup: int = 400,
    draws: int = 400,
    steps: int = 3000,
    seed: int = 1,
    until: str | None = None,
    out: str | Path | None = None,
    tell: Tell | None = None,
) -> Posterior:
    """Posterior of parameters from a scenario's observations and dated choices.

    Parameters
    ----------
    world: from `load`, or a scenario's name or path.
    panel: where votes and arms are read instead of the scenario's own observations.
    parameters: dotted names; those that votes and arms can tell of, where not given.
    method: `nuts` (chains side by side), `svi` with a normal guide of full rank, or `laplace`, a
        normal at the mode.
    chains, warmup, draws: of NUTS; of the others, chains × draws are drawn from the normal, which
        SVI has after `steps`.
    until: last month that is used, as `1970-12`: the rest can then judge the fit.
    out: a Parquet file for the posterior.

    Errors: ModelError, DataError, RunError for a method or number that is not known.
    """
    from patronage.data.panel import Panel
    from patronage.fit.posterior import Posterior
    from patronage.fit.samplers import run_laplace, run_nuts, run_svi
    from patronage.fit.task import make_task

    if isinstance(world, (str, Path)):
        from patronage.scenario.load import load

        world = load(world)
    if until is not None:
        world = world.until(until)
    if method not in METHODS:
        raise RunError(f"no method '{method}'", where="method", allowed=METHODS, got=method)
    for name, number in (
        ("chains", chains),
        ("warmup", warmup),
        ("draws", draws),
        ("steps", steps),
    ):
        if number < 1:
            raise RunError(f"{number} is out of range", where=name, allowed=["1 …"])
    source = panel if panel is None or isinstance(panel, Panel) else Panel(panel)
    task = make_task(world, parameters, source)
    tell = tell or (lambda _: None)
    tell(", ".join(f"{n} {kind}" for kind, n in task.evidence.counts().items()))
    if method == "nuts":
        samples, extra = run_nuts(task, chains, warmup, draws, seed)
    elif method == "laplace":
        samples, extra = run_laplace(task, chains, draws, seed)
    else:
        samples, extra = run_svi(task, chains, draws, steps, seed)
    found = Posterior.make(task, samples, method=method, seed=seed, **extra)
    if out is not None:
        found.write(out)
    return found
