"""A state as an agent: what its government perceives and what it does."""

from __future__ import annotations

from math import exp, sqrt, tanh
from typing import TYPE_CHECKING, Any

import mesa

from .bargaining import Bargaining
from .politics import Politics
from .tie import SMALL, Tie, ratio
from .trading import Trading

if TYPE_CHECKING:
    from .world import Alliances

HALF = 0.5


class Government(Bargaining, Trading, Politics, mesa.Agent):
    """One state, or the market. Ties to all others are in `ties`, by the other's number."""

    if TYPE_CHECKING:
        model: Alliances  # pyright: ignore[reportIncompatibleVariableOverride]

    exiles_to: Government | None = None

    def __init__(self, model: Alliances, number: int, setting: dict[str, Any], state: Any) -> None:
        super().__init__(model)
        self.number = number
        self.is_market = setting["market"][number] > 0
        self.convertible = setting["convertible"][number] > 0
        self.hard = self.convertible or self.is_market
        self.autonomy = setting["autonomy"][number]
        self.position = setting["position"][number]
        self.looks_to = [
            [j for j, looks in enumerate(row) if looks > 0] for row in setting["looks_to"][number]
        ]
        self.reserves = state["reserves"][number]
        self.support = state["support"][number]
        for name in ("share", "stock", "vigour", "tended", "shortage", "shipped", "custom"):
            setattr(self, name, list(state[name][number]))
        self.ties: list[Tie] = []
        self.tie_to: dict[int, Tie] = {}
        self.rung = self.outcome = self.consulted = 0.0
        self.exit = self.fall = 0.0

    # ---- the start of the month ----

    def read_calendar(self) -> None:
        """This month's series, and a dated change of regime."""
        month, i = self.model.month, self.number
        self.capability = month["capability"][i]
        self.gdp = month["gdp"][i]
        self.capacity = month["capacity"][i]
        self.supply = month["supply"][i]
        self.need = month["need"][i]
        self.free = month["may_choose"][i] > 0
        for tie in self.ties:
            j = tie.patron.number
            tie.rivalry = month["rivalry"][i][j]
            tie.impulse = month["goldstein"][i][j]
            tie.scope = month["scope"][i][j]
            if not any(tie.scope):
                tie.scope = self.model.everything
        self.upheaval = 0.0
        weight = month["regime_weight"][i]
        if weight:
            before = self.find_place()
            new = month["regime_shares"][i]
            self.share = [
                (1 - weight) * x + weight * y for x, y in zip(self.share, new, strict=True)
            ]
            after = self.find_place()
            self.upheaval = HALF * sqrt((after[0] - before[0]) ** 2 + (after[1] - before[1]) ** 2)

    def find_place(self) -> tuple[float, float]:
        """Ruling ideology: the factions' positions weighted by their shares."""
        x = sum(s * at[0] for s, at in zip(self.share, self.position, strict=True))
        y = sum(s * at[1] for s, at in zip(self.share, self.position, strict=True))
        return x, y

    def take_stock(self) -> None:
        """What the government feels and believes when the month begins."""
        p = self.model.p["credibility"]
        self.place = self.find_place()
        value = [n * price for n, price in zip(self.need, self.model.world_price, strict=True)]
        whole = sum(value)
        self.worth = [ratio(v, whole) for v in value]
        self.wanted = [max(0.0, n - s) for n, s in zip(self.need, self.supply, strict=True)]
        self.spare = [max(0.0, s - n) for n, s in zip(self.need, self.supply, strict=True)]
        for tie in self.ties:
            tie.affinity = tanh(tie.disposition)
            kept = tie.kept + p.prior_kept
            tie.credibility = kept / (kept + tie.broken + p.prior_broken)

    def look_round(self) -> None:
        """How far the others' lines are from one's own, and one's rivalries."""
        x, y = self.place
        self.hottest = 0.0
        for tie in self.ties:
            u, v = tie.patron.place
            tie.gap = (x - u) ** 2 + (y - v) ** 2
            tie.rival = HALF * tie.rivalry * (1 - tie.affinity)
            self.hottest = max(self.hottest, tie.rival)

    # ---- perceive ----

    def see_threats(self) -> None:
        """Who frightens and who protects."""
        p = self.model.p["threat"]
        fear = protection = 0.0
        for tie in self.ties:
            tie.threat = tie.exposure = 0.0
            if not tie.pair:
                continue
            other = tie.patron
            power = other.capability / max(self.capability + other.capability, SMALL)
            reach = exp(-tie.distance / (p.reach * (1 + p.power_reach * other.capability)))
            intent = HALF * (1 - tie.back.affinity)
            for host in other.ties:  # whose soil the other's weapons stand on
                weapons = host.back.strategic
                if weapons:
                    near = 1.0 if host.patron is self else self.tie_to[host.patron.number].nearness
                    tie.exposure += near * weapons
            tie.threat = (
                p.hostility * power * reach * intent
                + p.strategic_threat * tie.exposure * intent
                + p.tension_threat * tie.tension
            )
            fear += tie.threat
            backing = min(1.0, tie.pledge + p.tripwire * tie.deployed)
            protection += tie.credibility * backing * power
        self.protection = protection
        self.insecurity = fear * exp(-p.shield * protection)

    def find_passage(self) -> None:
        """What blockades let through to and from this state, and who embargoes it."""
        p = self.model.p["coercion"]
        self.passing = [1.0] * self.model.goods
        self.embargoed_by = [tie for tie in self.ties if any(tie.embargo)]
        for tie in self.ties:
            if tie.pair and any(tie.blockade):
                both = max(self.capability + tie.patron.capability, SMALL)
                force = min(1.0, p.enforcement * tie.patron.capability / both * tie.coast)
                self.passing = [
                    x * (1 - b * force) for x, b in zip(self.passing, tie.blockade, strict=True)
                ]

    def see_openings(self) -> None:
        """What gets through from each supplier, good by good."""
        p = self.model.p["coercion"]
        loss = 1 - p.leakage
        for tie in self.ties:
            other = tie.patron
            access = [
                (1 - loss * mine) * (1 - loss * his) * here * there
                for mine, his, here, there in zip(
                    tie.embargo, tie.back.embargo, self.passing, other.passing, strict=True
                )
            ]
            for stopped in self.embargoed_by:
                sender = stopped.patron
                if sender is other:
                    continue  # a sender does not comply with itself
                joined = p.cooperation * other.tie_to[sender.number].compliance
                if joined:
                    access = [
                        a * (1 - joined * e) for a, e in zip(access, stopped.embargo, strict=True)
                    ]
            tie.access = access

    # ---- decide ----

    def decide(self) -> None:
        """At most one act towards each other state, by a conditional logit."""
        if self.number not in self.model.choosers:
            return
        forced = self.model.month["forced"][self.number]
        worth = {tie: tie.back.value / max(self.gdp, SMALL) for tie in self.ties}
        most = max(SMALL, *worth.values())
        for tie in self.ties:
            kind = int(forced[tie.patron.number])
            if kind >= 0:
                self.model.act(self, tie, self.model.instruments[kind].name)
            elif self.free:
                self.choose(tie, 2 * worth[tie] / (worth[tie] + most))

    def choose(self, tie: Tie, value: float) -> None:
        """One draw against the weights of all that may be done towards this state."""
        model, j = self.model, tie.patron.number
        drivers = {
            "affinity": tie.affinity,
            "affinity_other": tie.back.affinity,
            "threat": tie.threat,
            "dependence": tie.dependence,
            "credibility": tie.credibility,
            "credibility_other": tie.back.credibility,
            "value": value,
            "shortage": sum(self.shortage) / model.goods,
            "rivalry": tie.patron.hottest,
            "ideological_distance": HALF * sqrt(tie.gap),
            "tension": tie.tension,
            "militancy": max(0.0, self.place[1]),
        }
        holds = self.find_preconditions(tie)
        allowed = model.month["allowed"][self.number][j]
        edges, total = [], 1.0
        for k, row in enumerate(model.instruments):
            possible = tie.pair or row.precondition == "foe"
            if possible and holds[row.precondition] and allowed[k] > 0:
                appeal = row.base + sum(w * drivers[d] for d, w in row.weights)
                total += exp(min(appeal, 20.0))
            edges.append(total)
        row = model.choosers.index(self.number)
        point = model.chance.uniform("decide", "pick", row, j) * total
        if point < 1:
            return
        for row, edge in zip(model.instruments, edges, strict=True):
            if point < edge:
                model.act(self, tie, row.name)
                return

    def find_preconditions(self, tie: Tie) -> dict[str, bool]:
        """What could be done towards this state."""
        back = tie.back
        stronger = self.capability > tie.patron.capability
        pledged = back.pledge >= HALF
        embargoed = sum(back.embargo) / self.model.goods >= HALF
        return {
            "none": True,
            "no-envoy": tie.envoy < 1,
            "charge": 1 <= tie.envoy < 2,
            "envoy": tie.envoy >= 1,
            "stronger": stronger,
            "patron": stronger and tie.envoy >= 1,
            "pledged": pledged,
            "member": stronger and pledged,
            "deployed": back.strategic > 0,
            "embargoed": embargoed,
            "no-embargo": not embargoed,
            "foe": (stronger and tie.agreement < HALF) or tie.patron.is_market,
        }

    # ---- the record ----

    def of_ties(self, name: str) -> list[float]:
        """A quantity of every tie, in the order of the states."""
        return [float(getattr(tie, name)) for tie in self.ties]

    def find_votes(self) -> list[float]:
        """Expected share of equal votes with each other state."""
        p, agenda = self.model.p["observation"], self.model.month["agenda"]
        agreement = []
        x, y = self.stance
        for tie in self.ties:
            u, v = tie.patron.stance
            liking = HALF * (tie.affinity + tie.back.affinity)
            apart = agenda * min(1.0, abs(x - u) / p.poles) + abs(self.south - tie.patron.south)
            main = (1 - p.idiosyncrasy) * max(0.0, 1 - apart)
            side = exp(-p.offaxis * (y - v) ** 2 - p.mood * HALF * (1 - liking))
            agreement.append(main * side if tie.pair else 0.0)
        return agreement

    def take_stance(self) -> None:
        """Ideology drawn towards patrons by compliance, and to the caucus where it is not."""
        p, month = self.model.p["observation"], self.model.month
        south = month["south"]
        pull = p.compliance_pull
        x, y = self.place
        own = south[self.number]
        off = sum(tie.compliance * (south[tie.patron.number] - own) for tie in self.ties)
        self.south = own + p.south_pull * off
        u = sum(tie.compliance * (tie.patron.place[0] - x) for tie in self.ties)
        v = sum(tie.compliance * (tie.patron.place[1] - y) for tie in self.ties)
        free = month["southern"][self.number] * max(0.0, 1 - sum(t.compliance for t in self.ties))
        moved = p.caucus_pull * free * (month["caucus"] - x)
        self.stance = x + pull * u + moved, y + pull * v
