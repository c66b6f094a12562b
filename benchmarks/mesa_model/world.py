"""The model: calendar, order of the month, data collector."""

from __future__ import annotations

from math import exp
from typing import Any

import mesa

from .crises import discipline, play_crises
from .government import Government
from .inputs import Chance, Given, Inputs, Luck
from .tie import Tie

SCALE = 10.0
SPAN = 12  # months between two collections

OF_STATES = ("reserves", "output", "insecurity", "place", "support", "share", "exit", "fall")
OF_GOODS = ("produced", "imported", "exported", "used", "stock", "shortage")
OF_CRISES = ("rung", "outcome", "consulted")
OF_TIES = (
    *("affinity", "credibility", "dependence", "trade_share", "credit", "premium", "arms"),
    *("compliance", "orientation", "tension", "threat", "pledge", "envoy", "strategic", "bill"),
    *("insurgency", "grievance"),
)


class Alliances(mesa.Model):
    """The world of a scenario, one run of it.

    inputs: setting, calendar and first state; chance: where random numbers come from (the model's
    own generator by default); every `SPAN` months the data collector takes the state of the world.
    """

    def __init__(
        self, inputs: Inputs, chance: Chance | None = None, seed: int | None = None
    ) -> None:
        super().__init__(seed=seed)
        self.chance: Chance = chance or Luck(self.random)
        self.inputs = inputs
        self.setting, self.p = inputs.setting, inputs.parameters
        self.instruments, self.choosers = inputs.instruments, inputs.choosers
        self.goldstein = {row.name: row.goldstein for row in inputs.instruments}
        self.goods = len(self.setting["grant"])
        self.everything = [1.0] * self.goods
        self.is_grant = [grant > 0 for grant in self.setting["grant"]]
        urgent = self.p["economy"].urgent
        self.urgent = [lag <= urgent for lag in self.setting["input_lag"]]
        self.norm_price = list(inputs.state["norm_price"])
        self.now = 0
        self.states = [
            Government(self, i, self.setting, inputs.state)
            for i in range(len(self.setting["actor"]))
        ]
        self.ties: list[Tie] = []
        for client in self.states:
            for patron in self.states:
                if client is not patron:
                    tie = Tie(client, patron, inputs.state)
                    client.ties.append(tie)
                    client.tie_to[patron.number] = tie
                    tie.place(self.setting["distance"][client.number][patron.number], self.p)
                    self.ties.append(tie)
        for tie in self.ties:
            tie.back = tie.patron.tie_to[tie.client.number]
        reporters: dict[str, Any] = {name: name for name in (*OF_STATES, *OF_GOODS, *OF_CRISES)}
        reporters |= {name: [Government.of_ties, [name]] for name in OF_TIES}
        reporters["un_agreement"] = Government.find_votes
        self.datacollector = mesa.DataCollector(agent_reporters=reporters)

    def acts_of(self, tie: Tie) -> dict[str, float]:
        """What the client of the tie does to its patron this month: kind -> intensity."""
        return self.acts.get((tie.client.number, tie.patron.number), NOTHING)

    def act(self, actor: Government, tie: Tie, kind: str) -> None:
        """Let a government act."""
        done = self.acts.setdefault((actor.number, tie.patron.number), {})
        done[kind] = done.get(kind, 0.0) + 1.0
        self.chosen.append((tie, kind))

    def open_month(self) -> None:
        """Read the calendar; imposed acts."""
        self.month = self.inputs.months[self.now]
        if isinstance(self.chance, Given):
            self.chance.turn_page()
        self.world_price = self.month["world_price"]
        self.capability = sum(self.month["capability"])
        arms = sum(p for p, grant in zip(self.world_price, self.is_grant, strict=True) if grant)
        self.arms_price = max(arms, 1e-6)
        self.imposed = self.month["acts"]
        self.acts: dict[tuple[int, int], dict[str, float]] = {}
        self.chosen: list[tuple[Tie, str]] = []

    def impose_acts(self) -> None:
        """Put what history imposes beside what governments chose."""
        for i, j, kind, intensity in self.imposed:
            done = self.acts.setdefault((i, j), {})
            done[kind] = done.get(kind, 0.0) + intensity
        for tie, kind in self.chosen:
            tie.impulse += self.goldstein[kind]
        for tie in self.ties:
            tie.impulse /= SCALE

    def step(self) -> None:
        """One month: every stage for all agents before the next begins."""
        agents = self.agents
        self.open_month()
        for stage in ("read_calendar", "take_stock", "look_round", "see_threats"):
            agents.do(stage)
        for stage in ("find_passage", "see_openings", "weigh_sales", "see_dependence"):
            agents.do(stage)
        for stage in ("see_value", "see_offers", "see_bargains"):
            agents.do(stage)
        agents.shuffle_do("decide")
        self.impose_acts()
        for stage in ("settle_relations", "settle_coercion", "find_passage", "see_openings"):
            agents.do(stage)
        agents.do("settle_protection")
        play_crises(self)
        discipline(self)
        self.draw_budgets()
        agents.do("settle_bargain")
        self.trade(agents)
        for stage in ("feel_coercion", "react_at_home"):
            agents.do(stage)
        for state in self.states:
            state.exiles_to = state.send_exiles() if state.exit else None
        for stage in ("fight_movements", "bear_defeats", "disapprove", "remember", "feel", "warm"):
            agents.do(stage)
        self.now += 1
        if self.now % SPAN == 0:
            agents.do("take_stance")
            self.datacollector.collect(self)

    def draw_budgets(self) -> None:
        """This month's luck of every patron's budget."""
        noise = self.p["bargain"].transfer_noise
        self.budgets = [
            exp(noise * self.chance.normal("bargain.settle", "budget", i) - noise**2 / 2)
            for i in range(len(self.states))
        ]

    def trade(self, agents: Any) -> None:
        """The economy, stage by stage."""
        for stage in ("produce", "ready_transport", "order", "ship", "sum_bills", "pay"):
            agents.do(stage)
        agents.do("trade_spot")
        goods = range(self.goods)
        self.all_sold = [sum(s.sold[c] for s in self.states) for c in goods]
        self.all_bought = [sum(s.bought[c] for s in self.states) for c in goods]
        for stage in ("store", "weigh_deliveries", "settle_accounts"):
            agents.do(stage)
        for stage in ("renew_contracts", "renew_prices"):
            agents.do(stage)
        memory = self.p["economy"].price_memory
        self.norm_price = [
            n + (w - n) / memory for n, w in zip(self.norm_price, self.world_price, strict=True)
        ]


NOTHING: dict[str, float] = {}
