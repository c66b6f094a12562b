r"""Credibility: what a partner's record of kept and broken commitments is worth.

$$h_{ij}\leftarrow\lambda h_{ij}+k\,\text{tie}_{ij}\,\text{fulfilled}_{ij}+\text{stood}_{ij},\qquad
  b_{ij}\leftarrow\lambda b_{ij}+k\,\text{tie}_{ij}(1-\text{fulfilled}_{ij})+\text{breach}_{ij}
  +\omega\,\text{pledge}_{ij}\max_{l\neq i}\text{breach}_{lj},\qquad
  C_{ij}=\frac{h_{ij}+h_0}{h_{ij}+b_{ij}+h_0+b_0}$$

A Beta belief with discounting: reputation from behaviour towards oneself and, with weight
$\omega<1$, towards other holders of the same pledge (Crescenzi 2007; Fearon 1994).
$\text{tie}=\max(\text{pledge},\text{agreement})$; fulfilled: value delivered over value promised.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from patronage.model.mechanism import Mechanism, Parameters, Phase, View


def react(s: View, p: Parameters) -> dict[str, Array]:
    """Counts of commitments kept and broken by the patron, as the client sees them."""
    tie = jnp.maximum(s.pledge, s.agreement)
    kept = s.kept * p.memory + p.monthly * tie * s.fulfilled + p.stood_weight * s.stood
    worst = s.breach.max(axis=0, keepdims=True)
    seen = jnp.where(s.breach > 0, 0, worst) * p.spectator * s.pledge
    broken = s.broken * p.memory + p.monthly * tie * (1 - s.fulfilled)
    broken = broken + p.breach_weight * (s.breach + seen)
    return {"kept": s.pair * kept, "broken": s.pair * broken}


MECHANISM = Mechanism(
    "credibility",
    (
        Phase(
            "react",
            react,
            reads=("kept", "broken", "pledge", "agreement", "fulfilled", "stood", "breach", "pair"),
            writes=("kept", "broken"),
        ),
    ),
)
