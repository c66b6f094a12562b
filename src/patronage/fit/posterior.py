"""A posterior on disk: one Parquet file with its draws, its table and how it was made."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from patronage.errors import RunError

if TYPE_CHECKING:
    import pandas as pd

    from patronage.fit.task import Task
    from patronage.scenario.world import World

FORMAT = 1
_KEY = b"patronage.posterior"
_PLACE = ("chain", "draw")
QUANTILES = (0.05, 0.5, 0.95)
MOST_R_HAT, STUCK = 1.01, 0.4
"""Above and below which draws are not to be trusted."""
_MIX = 0x9E3779B97F4A7C15


@dataclass(frozen=True)
class Posterior:
    """Draws of parameters and how they were made.

    values: parameter -> (chain, draw); names without a dot belong to the likelihood only.
    manifest: scenario, evidence, method, priors, diagnostics, versions.
    """

    values: dict[str, NDArray[np.float64]]
    manifest: dict[str, Any]

    @classmethod
    def make(
        cls, task: Task, samples: Mapping[str, np.ndarray], method: str, seed: int, **extra: Any
    ) -> Posterior:
        """From a sampler's draws (chain, draw, …); arrays become one column an element."""
        from patronage.run.manifest import now, read_versions

        values: dict[str, NDArray[np.float64]] = {}
        for name, x in samples.items():
            if name.startswith("log "):
                continue
            if x.ndim == 2:
                values[name] = np.asarray(x, float)
            else:
                for k in range(x.shape[2]):
                    values[f"{name} {_label(task, name, k)}"] = np.asarray(x[:, :, k], float)
        manifest = {
            "format": FORMAT,
            "scenario": task.world.name,
            "scenario_hash": task.world.hash,
            "period": [task.world.start, task.world.end],
            "evidence": task.evidence.counts(),
            "method": method,
            "seed": seed,
            "parameters": list(task.names),
            "priors": {n: _describe(p) for n, p in task.priors.items()},
            "versions": read_versions(),
            "created": now(),
            **extra,
        }
        return cls(values, manifest)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Parameters of the model that were fitted."""
        return tuple(self.manifest["parameters"])

    @property
    def size(self) -> int:
        """Number of draws."""
        return int(next(iter(self.values.values())).size)

    @property
    def digest(self) -> str:
        """SHA-256 of the fitted draws: what `run --posterior` depends on."""
        whole = hashlib.sha256()
        for name in self.parameters:
            whole.update(name.encode())
            whole.update(np.ascontiguousarray(self.values[name], "<f8").tobytes())
        return whole.hexdigest()

    def draw(
        self, members: Iterable[int], seed: int, names: Sequence[str] | None = None
    ) -> dict[str, NDArray[np.float32]]:
        """Parameters (member) of an ensemble: each member has a draw of its own number and seed.

        A member's draw does not depend on which others run beside it. names: all that were fitted
        of the model, if not given; those of the likelihood can be named too.
        """
        numbers = np.asarray(list(members), np.uint64)
        with np.errstate(over="ignore"):
            mixed = (numbers + np.uint64(1)) * np.uint64(_MIX) + np.uint64(seed) * np.uint64(
                0x2545F
            )
            mixed ^= mixed >> np.uint64(31)
            mixed *= np.uint64(0xBF58476D1CE4E5B9)
            mixed ^= mixed >> np.uint64(29)
        chosen = self.parameters if names is None else names
        row = (mixed % np.uint64(self.size)).astype(int)
        return {n: self.values[n].reshape(-1)[row].astype(np.float32) for n in chosen}

    def check(self, world: World) -> None:
        """Whether a world has the parameters.

        Errors: RunError for a parameter that it lacks.
        """
        for name in self.parameters:
            if name not in world.parameters:
                raise RunError(
                    f"the posterior has '{name}', which the world has not",
                    where="posterior",
                    allowed=world.parameters,
                    got=name,
                )

    def table(self) -> pd.DataFrame:
        """Prior beside posterior: moments, quantiles, R-hat, effective draws, the source."""
        import pandas as pd
        from numpyro.diagnostics import effective_sample_size, split_gelman_rubin

        rows = []
        sampled = self.manifest["method"] == "nuts"
        for name, x in self.values.items():
            prior = self.manifest["priors"].get(name, {})
            low, middle, high = np.quantile(x, QUANTILES)
            row = {
                "parameter": name,
                "unit": prior.get("unit", ""),
                "prior": prior.get("text", "see fitting.md"),
                "source": prior.get("source", "assumed"),
                "value": prior.get("value", np.nan),
                "prior_mean": prior.get("mean", np.nan),
                "prior_sd": prior.get("sd", np.nan),
                "mean": x.mean(),
                "sd": x.std(),
                "q05": low,
                "q50": middle,
                "q95": high,
                "learnt": 1 - x.var() / prior["sd"] ** 2 if prior.get("sd") else np.nan,
                "r_hat": float(split_gelman_rubin(x)) if sampled and x.shape[1] > 3 else np.nan,
                "ess": float(effective_sample_size(x)) if sampled and x.shape[1] > 3 else np.nan,
            }
            rows.append(row)
        return pd.DataFrame(rows)

    def troubles(self) -> list[str]:
        """What speaks against these draws, a sentence each; none for a method without chains."""
        if self.manifest["method"] != "nuts":
            return []
        table, found = self.table(), []
        if len(apart := table[~(table["r_hat"] <= MOST_R_HAT)]):
            worst = apart.sort_values("r_hat").iloc[-1]
            found.append(
                f"{len(apart)} of {len(table)} rows have an R-hat above {MOST_R_HAT} "
                f"(most: {worst['parameter']}, {worst['r_hat']:.3f}): take more draws"
            )
        if some := sum(self.manifest.get("divergences", [])):
            found.append(f"{some} of {self.size} draws diverged")
        stuck = [k + 1 for k, a in enumerate(self.manifest.get("acceptance", [])) if a < STUCK]
        if stuck:
            found.append(f"chains {stuck} stood still: less than {STUCK} of their steps accepted")
        return found

    def write(self, path: str | Path) -> Path:
        """Write a Parquet file in one step: a row a draw, the manifest in its metadata.

        Errors: RunError where it cannot be written.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        target = Path(path)
        chains, draws = next(iter(self.values.values())).shape
        columns = {
            "chain": np.repeat(np.arange(chains, dtype=np.int32), draws),
            "draw": np.tile(np.arange(draws, dtype=np.int32), chains),
            **{name: x.reshape(-1) for name, x in self.values.items()},
        }
        table = pa.table(columns).replace_schema_metadata(
            {_KEY: json.dumps({**self.manifest, "sha256": self.digest}).encode()}
        )
        fresh = target.with_name(target.name + ".new")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(table, fresh)
            os.replace(fresh, target)
        except OSError as error:
            raise RunError(f"cannot be written: {error.strerror}", where=str(target)) from error
        return target


def read_posterior(path: str | Path) -> Posterior:
    """A posterior from its file.

    Errors: RunError for a file that is missing or holds no posterior.
    """
    import pyarrow.parquet as pq
    from pyarrow.lib import ArrowException

    if not Path(path).is_file():
        raise RunError(
            "there is no such file", where=str(path), allowed=["a file written by `fit`"]
        )
    try:
        table = pq.read_table(Path(path))
    except (OSError, ArrowException) as error:
        raise RunError(f"cannot be read: {error}", where=str(path)) from error
    text = (table.schema.metadata or {}).get(_KEY)
    if text is None:
        raise RunError("holds no posterior", where=str(path), allowed=["a file written by `fit`"])
    manifest = json.loads(text)
    if manifest.get("format") != FORMAT:
        raise RunError("not a posterior of this format", where=str(path), allowed=[str(FORMAT)])
    columns = {n: table.column(n).to_numpy() for n in table.column_names}
    chains = int(columns["chain"].max()) + 1
    values = {n: x.reshape(chains, -1) for n, x in columns.items() if n not in _PLACE}
    found = Posterior(values, manifest)
    if found.digest != manifest.get("sha256"):
        raise RunError("the draws do not match their manifest", where=str(path))
    return found


def _describe(prior: Any) -> dict[str, Any]:
    mean, sd = prior.moments()
    return {"text": str(prior), "source": prior.source, "unit": prior.unit, "value": prior.value,
            "mean": mean, "sd": sd}  # fmt: skip


def _label(task: Task, name: str, k: int) -> str:
    """What element `k` of an array belongs to."""
    votes, choices = task.evidence.votes, task.evidence.choices
    labels: Sequence[Any] = ()
    if name == "year":
        labels = votes.years
    elif name in ("arms whether", "arms size"):
        labels = [" ".join(task.world.codes[i] for i in pair) for pair in task.evidence.arms.pairs]
    elif name == "choice shift":
        labels = [task.world.instruments[i].name for i in choices.instruments]
    return str(labels[k]) if k < len(labels) else str(k)
