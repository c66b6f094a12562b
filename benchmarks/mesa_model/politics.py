"""Rulers, factions, movements abroad, the record of promises, and liking."""

from __future__ import annotations

from math import exp, sqrt, tanh
from typing import TYPE_CHECKING, Any

from .tie import SMALL, Tie, clip, logistic, ratio

if TYPE_CHECKING:
    from .world import Alliances

HALF = 0.5


class Politics:
    """What goes on inside a state; mixed into Government."""

    model: Alliances
    ties: list[Tie]
    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def find_nearest(self, place: tuple[float, float]) -> list[float]:
        """The factions nearest to a place, in equal parts."""
        far = [(x - place[0]) ** 2 + (y - place[1]) ** 2 for x, y in self.position]
        least = min(far)
        ties = far.count(least)
        return [1 / ties if x == least else 0.0 for x in far]

    def feel_coercion(self) -> None:
        """What embargoes cost, by sender."""
        self.coerced = [
            sum(e * w for e, w in zip(tie.embargo, self.worth, strict=True)) for tie in self.ties
        ]

    def find_fitness(self) -> list[float]:
        """What each faction's line has delivered."""
        p = self.model.p["domestic"]
        fear = min(1.0, self.insecurity)
        held = believed = most = 0.0
        service: dict[int, float] = {}
        for tie, coerced in zip(self.ties, self.coerced, strict=True):
            paid = tanh(max(0.0, tie.transfer) / (p.benefit_scale * max(self.gdp, SMALL)))
            good = p.paid * paid + p.trusted * (tie.credibility - HALF)
            good -= p.hurt * (tie.threat + coerced)
            service[tie.patron.number] = good * min(1.0, tie.envoy + p.absent)
            held += tie.orientation
            believed += tie.orientation * tie.credibility
            most = max(most, tie.compliance)
        cause = sum(tie.back.insurgency for tie in self.ties)
        unshielded = p.unshielded * fear * (1 - ratio(believed, held)) + p.cause * cause
        lonely = p.alone * fear + p.resentment * most
        fitness = []
        for at, patrons in zip(self.position, self.looks_to, strict=True):
            value = sum(service[j] for j in patrons) + max(0.0, at[1]) * unshielded
            fitness.append(value if patrons else value + lonely)
        return fitness

    def contend(self) -> tuple[list[float], float]:
        """Faction shares after selection, purges and exits, and what left."""
        p, model = self.model.p["domestic"], self.model
        alive = [share > 0 for share in self.share]
        fitness = [f if here else 0.0 for f, here in zip(self.find_fitness(), alive, strict=True)]
        mean = sum(s * f for s, f in zip(self.share, fitness, strict=True))
        share = [
            s * exp(p.selection * (f - mean)) for s, f in zip(self.share, fitness, strict=True)
        ]
        for f, patrons in enumerate(self.looks_to):
            aimed = sum(min(1.0, model.acts_of(self.tie_to[j]).get("purge", 0.0)) for j in patrons)
            share[f] *= 1 - p.purge * min(1.0, aimed)
        whole, living = max(SMALL, sum(share)), max(1, sum(alive))
        share = [
            (1 - p.mutation) * s / whole + (p.mutation / living if here else 0.0)
            for s, here in zip(share, alive, strict=True)
        ]
        hazard = []
        for s, (x, y) in zip(share, self.position, strict=True):
            far = sqrt((x - self.place[0]) ** 2 + (y - self.place[1]) ** 2)
            able = p.exit_minimum < s < HALF
            rate = p.exit_rate * max(0.0, far - p.exit_distance) * max(0.0, y)
            hazard.append(rate if able else 0.0)
        risk, left = sum(hazard), 0.0
        if model.chance.uniform("domestic.react", "exit", self.number) < risk:
            gone = [p.exit_share * s * ratio(h, risk) for s, h in zip(share, hazard, strict=True)]
            share = [s - g for s, g in zip(share, gone, strict=True)]
            left = sum(gone)
        whole = max(SMALL, sum(share))
        return [s / whole for s in share], left

    def react_at_home(self) -> None:
        """Support, the contest of factions, exits and falls."""
        p, chance, i = self.model.p["domestic"], self.model.chance, self.number
        hardship = sum(w * s for w, s in zip(self.worth, self.shortage, strict=True))
        rest = p.content + p.growth * (self.output - 1) - p.hardship * hardship
        rest += p.rally * min(1.0, self.insecurity)
        support = self.support + p.support_pace * (rest - self.support)
        support += p.noise * chance.normal("domestic.react", "mood", i)
        self.exit = self.fall = 0.0
        if self.free and not self.is_market:
            self.share, self.exit = self.contend()
            hazard = p.fall_rate * logistic(-p.fall_slope * support)
            if chance.uniform("domestic.react", "fall", i) < hazard:
                self.fall = 1.0
                support = p.content
                most = max(self.share)
                kept = [s * p.fall_keeps if s == most else s for s in self.share]
                if sum(kept) > SMALL:
                    self.share = [s / sum(kept) for s in kept]
        self.support = 0.0 if self.is_market else support

    # ---- revolution ----

    def send_exiles(self) -> Any:
        """The state to which those who left go, or None."""
        p = self.model.p["revolution"]
        weights = []
        for tie in self.ties:
            target = tie.patron
            reach = max(0.0, p.reach_choice * self.capability - target.capability)
            weak = 1 - logistic(target.support)
            weight = weak * exp(-p.affinity_choice * tie.affinity) * reach
            weights.append(weight if tie.pair else 0.0)
        whole, passed = max(SMALL, sum(weights)), 0.0
        draw = self.model.chance.uniform("revolution.react", "where", self.number)
        for tie, weight in zip(self.ties, weights, strict=True):
            if passed <= draw < passed + weight / whole:
                return tie.patron
            passed += weight / whole
        return None

    def fight_movements(self) -> None:
        """Movements in this state grow, win or end."""
        p, model = self.model.p["revolution"], self.model
        ruler = logistic(self.support)
        luck = 1 + p.noise * model.chance.normal("revolution.react", "luck", self.number)
        chances = []
        for tie in self.ties:
            sponsor, y = tie.patron, tie.insurgency
            grown = y + p.growth * y * (1 - y) * (1 - ruler)
            grown -= p.counter * y * (ruler + p.backing * self.protection)
            grown *= luck
            grown += p.seed * model.acts_of(tie.back).get("sponsor-insurgency", 0.0)
            if sponsor.exiles_to is self:
                grown += p.exile_seed * sponsor.exit
            tie.insurgency = 0.0 if sponsor.is_market else clip(grown, 0.0, 1.0)
            chances.append(p.success * tie.insurgency**2)
            tie.won = 0.0
            tie.ended = 1.0 if tie.insurgency < p.extinct <= y else 0.0
        best = max(chances)
        if model.chance.uniform("revolution.react", "win", self.number) < sum(chances) and best > 0:
            taken = [0.0] * len(self.share)
            for tie, chance in zip(self.ties, chances, strict=True):
                if chance >= best * (1 - SMALL):
                    tie.won, tie.ended = 1.0, 0.0
                    near = self.find_nearest(tie.patron.place)
                    taken = [a + b for a, b in zip(taken, near, strict=True)]
            self.share = [x / sum(taken) for x in taken]
            for tie in self.ties:
                tie.insurgency = 0.0
        for tie in self.ties:
            if tie.insurgency < p.extinct:
                tie.insurgency = 0.0

    def bear_defeats(self) -> None:
        """Defeat abroad discredits the militants at home."""
        p = self.model.p["revolution"]
        defeats = min(1.0, sum(tie.back.ended for tie in self.ties))
        share = [
            s * (1 - p.defeat * clip(at[1], 0.0, 1.0) * defeats)
            for s, at in zip(self.share, self.position, strict=True)
        ]
        whole = max(SMALL, sum(share))
        self.share = [s / whole for s in share]

    def disapprove(self) -> None:
        """A patron's displeasure with clients that sponsor movements."""
        p = self.model.p["revolution"]
        for tie in self.ties:
            if tie.pair:
                client = tie.patron
                noise = sum(t.back.insurgency for t in client.ties)
                held = tie.back.orientation * sqrt(tie.gap)
                tie.impulse -= p.disapproval * held * noise

    # ---- belief and liking ----

    def remember(self) -> None:
        """What each partner kept and broke."""
        p = self.model.p["credibility"]
        for tie in self.ties:
            if not tie.pair:
                tie.kept = tie.broken = 0.0
                continue
            bond = max(tie.pledge, tie.agreement)
            seen = 0.0
            if tie.breach <= 0:
                seen = p.spectator * tie.pledge * max(t.back.breach for t in tie.patron.ties)
            tie.kept = p.memory * tie.kept + p.monthly * bond * tie.fulfilled
            tie.kept += p.stood_weight * tie.stood
            tie.broken = p.memory * tie.broken + p.monthly * bond * (1 - tie.fulfilled)
            tie.broken += p.breach_weight * (tie.breach + seen)

    def feel(self) -> None:
        """Where liking would come to rest; `warm` moves it there once all have felt."""
        p, model, i = self.model.p["affinity"], self.model, self.number
        renewed = p.renewal * min(1.0, self.upheaval)
        pace = p.inertia + (1 - p.inertia) * renewed
        self.moved: list[float] = []
        for tie, coerced in zip(self.ties, self.coerced, strict=True):
            if not tie.pair:
                self.moved.append(0.0)
                continue
            other = tie.patron
            common = sum(
                t.patron.capability * t.affinity * other.tie_to[t.patron.number].affinity
                for t in self.ties
                if t.patron is not other
            )
            others = max(SMALL, model.capability - self.capability - other.capability)
            paid = tanh(max(0.0, tie.transfer) / (p.benefit_scale * max(self.gdp, SMALL)))
            rest = (
                p.base
                + p.likeness * (2 * exp(-tie.gap / (2 * p.likeness_range**2)) - 1)
                + p.balance * common / others
                + p.benefit * paid
                - p.threat * tie.threat
                - p.coerced * coerced
                - p.rivalry * tie.rivalry
            )
            a = tie.disposition
            a += pace * (rest - a) + p.reciprocity * (tie.back.disposition - a)
            a += p.event_target * tie.back.impulse + p.event_actor * tie.impulse
            a += p.noise * model.chance.normal("affinity.react", "mood", i, other.number)
            self.moved.append(clip(a, -p.limit, p.limit))
            held = (1 - pace) * tie.grievance - tie.back.impulse
            tie.grievance = clip(held, 0.0, p.grievance_limit)

    def warm(self) -> None:
        """Take on the new liking."""
        for tie, moved in zip(self.ties, self.moved, strict=True):
            tie.disposition = moved
