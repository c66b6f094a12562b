"""Dependence, the bargain with each patron, and how relations follow the month's acts."""

from __future__ import annotations

from math import exp, sqrt
from typing import TYPE_CHECKING, Any

from .tie import SMALL, Tie, clip, ratio

if TYPE_CHECKING:
    from .world import Alliances

HALF = 0.5


class Bargaining:
    """What a government does about its ties; mixed into Government."""

    model: Alliances
    ties: list[Tie]
    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    # ---- perceive ----

    def weigh_sales(self) -> None:
        """What one's customers' contracts are worth, before anybody looks at dependence."""
        self.sales = sum(
            q * price
            for tie in self.ties
            for q, price in zip(tie.back.contract, tie.back.price, strict=True)
        )

    def see_dependence(self) -> None:
        """What it would cost to lose each partner."""
        model, p = self.model, self.model.p["dependence"]
        sigma = model.setting["substitutability"]
        both = [tie.trade + tie.back.trade for tie in self.ties]
        whole = sum(both)
        for tie, here in zip(self.ties, both, strict=True):
            supplier = sold = 0.0
            for c in range(model.goods):
                covered = min(1.0, ratio(tie.contract[c] * tie.access[c], self.need[c]))
                supplier += self.worth[c] * covered * (1 - sigma[c])
                out = tie.back
                if out.contract[c]:
                    ease = 1 - p.market_ease * sigma[c]
                    sold += out.contract[c] * out.price[c] * out.access[c] * ease
            market = ratio(sold, self.sales + p.market_scale * max(self.gdp, SMALL))
            trade = p.supply_weight * supplier + (1 - p.supply_weight) * market
            given = max(0.0, tie.transfer)
            aid = given / (given + p.aid_scale * max(self.gdp, SMALL))
            tie.dependence = 1 - (1 - min(1.0, trade)) * (1 - aid) if tie.pair else 0.0
            tie.trade_share = ratio(here, whole)

    def see_value(self) -> None:
        """What this state's full compliance is worth to each patron."""
        p = self.model.p["bargain"]
        near = {
            tie.patron.number: 1 - tie.remoteness * (1 - tie.orientation)
            for tie in self.ties
            if tie.pair
        }
        for tie in self.ties:
            tie.value = 0.0
            other = tie.patron
            dominance = ratio(
                other.capability - self.capability, other.capability + self.capability
            )
            if not tie.pair or dominance <= 0:
                continue
            contested = sum(near.get(t.patron.number, 0.0) * t.rival for t in other.ties if t.rival)
            worth = (
                p.base_value
                + p.likeness_value * exp(-tie.gap / (2 * p.likeness_range**2))
                + p.size_value * sqrt(self.capability)
                + (p.rivalry_value + p.loyalty_value * tie.back.affinity) * contested
            )
            budget = p.generosity * other.gdp * dominance
            tie.value = budget * max(0.0, worth) * (1 + tie.favour)

    def see_offers(self) -> None:
        """What each patron could really give for it."""
        model = self.model
        need = [w * price for w, price in zip(self.wanted, model.world_price, strict=True)]
        whole = sum(need)
        for tie in self.ties:
            tie.resistance = self.autonomy * self.gdp * tie.gap
            tie.efficient = min(1.0, tie.value / max(tie.resistance, SMALL))
            tie.cost = HALF * tie.resistance * tie.efficient**2
            tie.full_surplus = tie.value * tie.efficient - tie.cost
            tie.opened = tie.agreement * min(1.0, tie.envoy)
            supply = 1.0
            if any(ratio(x, whole) for x in need):
                supply = sum(
                    ratio(need[c], whole)
                    * tie.access[c]
                    * min(1.0, ratio(tie.patron.spare[c], self.wanted[c]))
                    for c in range(model.goods)
                    if self.wanted[c]
                )
            tie.surplus = tie.full_surplus * tie.opened * supply
            tie.offer = tie.surplus * tie.credibility * HALF * (1 + tie.affinity)

    def see_bargains(self) -> None:
        """The transfer that the bargain with each patron calls for."""
        p = self.model.p["bargain"]
        for tie in self.ties:
            best = max([0.0, *(t.offer for t in self.ties if t is not tie)])
            outside = best * (1 - p.switching_cost * tie.dependence)
            tie.outside = min(tie.full_surplus, outside)
            shielded = (
                p.protection_price * self.gdp * self.insecurity * tie.credibility * tie.pledge
            )
            pay = tie.outside + p.client_share * (tie.full_surplus - tie.outside) + tie.cost
            tie.due = tie.opened * max(0.0, pay - shielded)

    # ---- settle ----

    def settle_relations(self) -> None:
        """Envoys, agreements and what is learnt."""
        model, p = self.model, self.model.p["diplomacy"]
        for tie in self.ties:
            mine, his = model.acts_of(tie), model.acts_of(tie.back)

            def both(kind: str, mine: Any = mine, his: Any = his) -> float:
                return min(1.0, mine.get(kind, 0.0) + his.get(kind, 0.0))

            visits = 0.0
            tie.signed = both("trade-agreement")
            if mine or his:
                tie.envoy = max(tie.envoy, both("recognise"), 2 * both("open-embassy"))
                if both("expel") > 0:
                    tie.envoy = min(tie.envoy, 1.0)
                severed = both("sever-relations")
                if severed > 0:
                    tie.envoy = 0.0
                cut = mine.get("embargo", 0.0) * sum(tie.scope) / model.goods
                cut += his.get("embargo", 0.0) * sum(tie.back.scope) / model.goods
                tie.agreement += tie.signed * (1 - tie.agreement)
                tie.agreement *= 1 - p.embargo_breaks * min(1.0, cut)
                tie.agreement *= 1 - p.rupture_breaks * severed
                visits = mine.get("state-visit", 0.0) + his.get("state-visit", 0.0)
            learnt = min(1.0, p.visit_information * visits + p.envoy_information * HALF * tie.envoy)
            known = tie.information * (1 - p.forgetting) + (1 - tie.information) * learnt
            tie.agreement = clip(tie.agreement, 0.0, 1.0)
            tie.information = clip(known, 0.0, 1.0) if tie.pair else 0.0
            if not tie.pair:
                tie.envoy = 0.0

    def settle_coercion(self) -> None:
        """Embargoes and blockades against this state."""
        p = self.model.p["coercion"]
        for tie in self.ties:
            done = self.model.acts_of(tie.back)
            embargo = [e * (1 - p.embargo_decay) for e in tie.embargo]
            blockade = [b * (1 - p.blockade_decay) for b in tie.blockade]
            if done:
                scope = tie.back.scope
                lifted = min(1.0, done.get("lift", 0.0))
                asked = p.severity * min(1.0, done.get("embargo", 0.0))
                stopped = min(1.0, done.get("blockade", 0.0))
                embargo = [
                    max(e, asked * s) * (1 - lifted * s)
                    for e, s in zip(embargo, scope, strict=True)
                ]
                blockade = [
                    max(b, stopped * s) * (1 - lifted * s)
                    for b, s in zip(blockade, scope, strict=True)
                ]
            tie.embargo, tie.blockade = embargo, blockade

    def settle_protection(self) -> None:
        """Pledges to this state, and the forces and weapons on its soil."""
        p = self.model.p["threat"]
        for tie in self.ties:
            if not tie.pair:
                tie.pledge = tie.deployed = tie.strategic = 0.0
                continue
            tie.deployed *= 1 - p.forces_decay
            mine, his = self.model.acts_of(tie), self.model.acts_of(tie.back)
            kept = 1.0
            if mine or his:
                kept -= min(1.0, mine.get("sever-relations", 0.0) + his.get("sever-relations", 0.0))
                sent = his.get("deploy-strategic", 0.0)
                tie.pledge += p.pledge_step * min(1.0, his.get("pledge", 0.0)) * (1 - tie.pledge)
                tie.deployed += p.forces_step * (his.get("arms-transfer", 0.0) + sent)
                tie.strategic += p.strategic_step * sent
                tie.strategic *= 1 - min(1.0, his.get("withdraw-strategic", 0.0))
            tie.pledge *= kept
            tie.deployed = min(1.0, tie.deployed) * kept
            tie.strategic = min(p.strategic_limit, tie.strategic)

    def settle_bargain(self) -> None:
        """Allegiance, compliance and transfer move towards the bargain's solution."""
        p, model = self.model.p["bargain"], self.model
        renewed = p.renewal * min(1.0, self.upheaval)
        swift = max(p.compliance_pace, renewed)
        appeal: list[float] = []
        for tie in self.ties:
            pull = (
                p.surplus_pull * tie.surplus / max(self.gdp, SMALL) + p.affinity_pull * tie.affinity
            )
            open_to = tie.pair and min(1.0, tie.envoy) > 0
            appeal.append(exp(min(pull, p.appeal_limit)) if open_to else 0.0)
        whole = sum(appeal) + exp(p.independence)
        paces = []
        for tie, eta in zip(self.ties, appeal, strict=True):
            mine, his = model.acts_of(tie), model.acts_of(tie.back)
            signed = mine.get("trade-agreement", 0.0) + his.get("trade-agreement", 0.0)
            signed += his.get("credit", 0.0)
            pace = p.pace * (1 + p.information_pace * tie.information) + p.signing_pace * signed
            pace = max(renewed, min(1.0, pace))
            tie.orientation += pace * (eta / whole - tie.orientation)
            paces.append(pace)
        free = 1 - sum(tie.orientation for tie in self.ties)
        for tie, pace in zip(self.ties, paces, strict=True):
            courted = min(1.0, model.acts_of(tie).get("court-rival", 0.0))
            held = tie.orientation + p.court_step * courted * free
            slight = p.slighted * tie.grievance
            willing = clip(p.goodwill + tie.affinity - slight, 0.0, 1.0)
            tie.compliance += swift * (held * tie.efficient * willing - tie.compliance)
            due = held * tie.due * model.budgets[tie.patron.number]
            tie.transfer += pace * (due - tie.transfer)
            tie.orientation = clip(held, 0.0, 1.0)
            tie.compliance = clip(tie.compliance, 0.0, 1.0)
            if not tie.pair:
                tie.orientation = tie.compliance = tie.transfer = 0.0
        claimed = max(1.0, sum(tie.orientation for tie in self.ties))
        for tie in self.ties:
            tie.orientation /= claimed
