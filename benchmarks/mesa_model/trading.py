"""The economy of one state: production, shipments, payment, spot trade, stores and accounts."""

from __future__ import annotations

from math import exp, log
from typing import TYPE_CHECKING, Any

from .tie import SMALL, Tie, clip, ratio

if TYPE_CHECKING:
    from .world import Alliances


class Trading:
    """What a state makes, buys, sells and owes; mixed into Government."""

    model: Alliances
    ties: list[Tie]
    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def produce(self) -> None:
        """Output, and what is made of each good."""
        setting, p, goods = self.model.setting, self.model.p["economy"], range(self.model.goods)
        effect = [setting["essential"][c] * log(max(self.vigour[c], p.vigour_floor)) for c in goods]
        inputs = sum(effect)
        self.output = exp(inputs)
        self.target, self.made = [], []
        for c in goods:
            self.tended[c] += (exp(inputs - effect[c]) - self.tended[c]) / max(
                1.0, setting["gestation"][c]
            )
            target = 0.5 * setting["storage"][c] * (self.need[c] + self.supply[c])
            room = max(0.0, target - self.stock[c] + self.need[c] + self.shipped[c])
            self.target.append(target)
            self.made.append(min(self.capacity[c] * self.tended[c], room))

    def order(self) -> None:
        """Ask every supplier for what the contracts promise."""
        model, p, goods = self.model, self.model.p["economy"], range(self.model.goods)
        hungry = [
            clip(ratio(self.target[c] + self.need[c] - self.stock[c], self.need[c]), 0.0, 1.0)
            for c in goods
        ]
        for tie in self.ties:
            other = tie.patron
            tempted = other.capability < self.capability and not self.is_market
            asked = []
            for c in goods:
                q = tie.contract[c] * tie.access[c]
                if q and not model.is_grant[c]:
                    q *= other.moving * hungry[c]
                    if tempted:
                        cheap = clip(ratio(tie.price[c], model.world_price[c]), SMALL, 1.0)
                        q *= cheap**p.diversion
                asked.append(q)
            tie.goods = asked

    def ready_transport(self) -> None:
        """How much of what should leave this month gets away."""
        p, chance, i = self.model.p["economy"], self.model.chance, self.number
        late = p.logistics * abs(chance.normal("economy.deliver", "logistics", i))
        late += p.distance_logistics * chance.uniform("economy.deliver", "season", i)
        self.moving = clip(1 - late, 0.0, 1.0)

    def ship(self) -> None:
        """Share out what there is among those who ask."""
        p = self.model.p["economy"]
        fits = []
        for c in range(self.model.goods):
            asked = sum(tie.back.goods[c] for tie in self.ties)
            ready = min(
                max(0.0, self.stock[c] + self.made[c] - self.need[c]), p.burst * self.spare[c]
            )
            fits.append(1.0 if self.is_market else min(1.0, ratio(ready, asked)))
        for tie in self.ties:
            sent = tie.back
            sent.goods = [q * fit for q, fit in zip(sent.goods, fits, strict=True)]
            sent.fills = fits

    def ration(self, fund: float, bills: list[float]) -> tuple[float, float, float]:
        """Shares of urgent and of other bills that a fund pays, and what is left."""
        urgent = self.model.urgent
        first = sum(x for x, now in zip(bills, urgent, strict=True) if now)
        later = sum(x for x, now in zip(bills, urgent, strict=True) if not now)
        rate_first = min(1.0, fund / first) if first > SMALL else 1.0
        rest = max(0.0, fund - rate_first * first)
        rate_later = min(1.0, rest / later) if later > SMALL else 1.0
        return rate_first, rate_later, max(0.0, rest - rate_later * later)

    def sum_bills(self) -> None:
        """What all shipments on the way would cost."""
        for tie in self.ties:
            tie.bill = sum(q * price for q, price in zip(tie.goods, tie.price, strict=True))

    def pay(self) -> None:
        """Pay for what one can; the rest is not sent."""
        model, p, goods = self.model, self.model.p["economy"], range(self.model.goods)
        pool = p.reserve_use * max(0.0, self.reserves)
        hard_bills = [0.0] * model.goods
        funds = []
        for tie in self.ties:
            earned = max(tie.back.trade, tie.back.bill)
            funds.append(p.swing * earned + max(0.0, tie.line))
            if tie.patron.hard:
                pool += earned + min(max(0.0, tie.line), tie.bill)
                for c in goods:
                    hard_bills[c] += tie.goods[c] * tie.price[c]
        now, then, self.money_left = self.ration(pool, hard_bills)
        for tie, fund in zip(self.ties, funds, strict=True):
            other = tie.patron
            first, later = now, then
            larger = self.capability > other.capability and not other.is_market
            if self.is_market or larger:
                first = later = 1.0
            elif not other.hard:
                bills = [q * price for q, price in zip(tie.goods, tie.price, strict=True)]
                first, later, _ = self.ration(fund, bills)
            able = [
                1.0 if model.is_grant[c] else (first if model.urgent[c] else later) for c in goods
            ]
            tie.goods = [q * a for q, a in zip(tie.goods, able, strict=True)]
            tie.fills = [fit * a for fit, a in zip(tie.fills, able, strict=True)]

    def trade_spot(self) -> None:
        """Buy and sell on the market beyond the contracts."""
        model, p = self.model, self.model.p["economy"]
        self.came = [sum(tie.goods[c] for tie in self.ties) for c in range(model.goods)]
        self.went = [sum(tie.back.goods[c] for tie in self.ties) for c in range(model.goods)]
        self.stored, missing, self.sold = [], [], []
        for c in range(model.goods):
            stored = self.stock[c] + self.made[c] + self.came[c] - self.went[c]
            self.stored.append(stored)
            inward = sum(tie.access[c] for tie in self.ties if tie.patron.is_market)
            outward = sum(tie.back.access[c] for tie in self.ties if tie.patron.is_market)
            if self.is_market:
                inward = outward = 0.0
            gap = self.need[c] + p.restock * max(0.0, self.target[c] - stored) - stored
            missing.append(max(0.0, gap) * inward)
            spare = stored - self.need[c] - p.cover * self.shipped[c] - p.home_stock * self.need[c]
            sold = p.spot_rate * max(0.0, spare) * outward
            self.sold.append(min(sold, max(0.0, stored - self.need[c])))
        lacks = [m * price for m, price in zip(missing, model.world_price, strict=True)]
        self.set_budget(lacks)
        orders = [p.spot_share * lack for lack in lacks]
        fits = []
        for order, lack, paid, purse in zip(orders, lacks, self.paid, self.purse, strict=True):
            allowed = max(0.0, purse * (paid + lack) - paid)
            fits.append(min(1.0, allowed / order) if order > SMALL else 1.0)
        bills = [order * fit for order, fit in zip(orders, fits, strict=True)]
        first, later, _ = self.ration(self.money_left, bills)
        if self.capability >= p.self_financed:
            first = later = 1.0
        self.bought = [
            p.spot_share * m * fit * (first if now else later)
            for m, fit, now in zip(missing, fits, model.urgent, strict=True)
        ]
        self.learn_custom()

    def set_budget(self, lacks: list[float]) -> None:
        """The share of each good's cost in convertible money that its budget covers."""
        p, goods = self.model.p["economy"], range(self.model.goods)
        hard = [tie for tie in self.ties if tie.patron.hard]
        self.paid = [sum(tie.goods[c] * tie.price[c] for tie in hard) for c in goods]
        self.purse = [1.0] * self.model.goods
        own = self.is_market or self.capability >= p.self_financed
        if own or self.money_left >= sum(lacks):
            return
        fund = self.money_left + sum(self.paid)
        for c in goods:
            wish = self.paid[c] + lacks[c]
            if wish > SMALL:
                part = self.custom[c] * (1 + p.increment * self.model.setting["essential"][c])
                self.purse[c] = min(wish, part * fund) / wish

    def learn_custom(self) -> None:
        """What is spent on a good becomes custom, a little each month."""
        fund = self.money_left + sum(self.paid)
        for c, price in enumerate(self.model.world_price):
            spent = min(1.0, ratio(self.paid[c] + self.bought[c] * price, fund))
            self.custom[c] += (spent - self.custom[c]) / self.model.p["economy"].memory

    def store(self) -> None:
        """Use what is needed, keep the rest, feel what is missing."""
        model, p = self.model, self.model.p["economy"]
        self.imported, self.exported, self.produced, self.used = [], [], [], []
        for c in range(model.goods):
            to_market = model.all_sold[c] if self.is_market else 0.0
            from_market = model.all_bought[c] if self.is_market else 0.0
            imported = self.came[c] + self.bought[c] + to_market
            exported = self.went[c] + self.sold[c] + from_market
            produced = self.made[c]
            if self.is_market:
                produced += max(0.0, from_market - self.stored[c])
            available = self.stock[c] + produced + imported - exported
            used = min(self.need[c] + to_market, max(0.0, available))
            shortage = 0.0
            if self.need[c] > 0 and not self.is_market:
                shortage = 1 - min(1.0, ratio(used, self.need[c]))
            self.stock[c] = max(0.0, available - used)
            self.shortage[c] = shortage
            lag = max(1.0, model.setting["input_lag"][c])
            self.vigour[c] += (1 - shortage - self.vigour[c]) / lag
            self.shipped[c] += (exported - self.shipped[c]) / p.memory
            self.imported.append(imported)
            self.exported.append(exported)
            self.produced.append(produced)
            self.used.append(used)

    def weigh_deliveries(self) -> None:
        """Bills, what was overpaid, arms given, promises kept."""
        model, goods = self.model, range(self.model.goods)
        prices, worth = model.world_price, model.norm_price
        spent = sum(b * price for b, price in zip(self.bought, prices, strict=True))
        for tie in self.ties:
            tie.bill = tie.over = tie.arms = tie.promised = 0.0
            kept = 0.0
            tie.charged = tie.price
            for c in goods:
                q, contract = tie.goods[c], tie.contract[c]
                tie.bill += q * tie.price[c]
                tie.promised += contract * worth[c]
                kept += min(q, contract) * worth[c]
                if model.is_grant[c]:
                    tie.arms += q * prices[c]
                else:
                    tie.over += q * (tie.price[c] - prices[c])
            if tie.patron.is_market:
                tie.bill += spent
            if self.is_market:
                tie.bill += sum(s * x for s, x in zip(tie.patron.sold, prices, strict=True))
            tie.fulfilled = kept / tie.promised if tie.promised > SMALL else 1.0

    def settle_accounts(self) -> None:
        """Credit, lines, debts and reserves, and the mark-up each patron will pay."""
        model, p = self.model, self.model.p["economy"]
        cash = -p.outflow * self.reserves
        for tie in self.ties:
            deficit = tie.bill - tie.back.bill
            tie.premium = tie.back.over - tie.over
            tie.credit = 0.0
            if tie.pair:
                granted = max(0.0, tie.transfer - tie.arms - tie.premium)
                line = min(tie.line + granted, p.line_months * granted + p.line_keep * tie.line)
                opened = model.acts_of(tie.back).get("credit", 0.0)
                line += p.credit_size * min(1.0, opened) * min(1.0, tie.envoy)
                tie.credit = min(max(0.0, deficit), line)
                tie.line = line - tie.credit
            else:
                tie.line = 0.0
            if tie.patron.hard:
                cash += tie.credit - deficit
            tie.trade += (tie.bill - tie.trade) / p.memory
            owed = tie.debt / (tie.debt + p.debt_scale * max(self.gdp, SMALL))
            by_price = min(1.0, p.price_share + p.price_debt * owed)
            if tie.patron.convertible:
                by_price = 1.0
            paid = by_price * ratio(max(0.0, tie.transfer), tie.back.promised)
            tie.markup = min(p.markup_limit, paid)
            debt = (1 - p.repayment) * tie.debt + (1 - p.grant_share) * tie.credit
            tie.debt = debt if tie.pair else 0.0
        self.reserves = 0.0 if self.is_market else max(0.0, self.reserves + cash)

    def renew_contracts(self) -> None:
        """Contracts move to suppliers that can deliver and are liked."""
        model, p, goods = self.model, self.model.p["economy"], range(self.model.goods)
        appeals, whole = [], [p.reluctance] * model.goods
        for tie in self.ties:
            other = tie.patron
            bond = exp(p.flag * tie.affinity) * tie.trade_reach
            bond *= p.market_weight if other.is_market else tie.agreement * min(1.0, tie.envoy)
            appeal = [0.0] * model.goods
            if bond:
                for c in goods:
                    deep = 1.0
                    if not other.is_market:
                        deep = ratio(other.spare[c], other.spare[c] + p.depth * self.wanted[c])
                    money = self.purse[c] if other.is_market else 1.0
                    relied = p.doubt + (1 - p.doubt) * tie.fills[c] * money
                    appeal[c] = deep**2 * tie.access[c] * relied * bond
                    whole[c] += appeal[c]
            appeals.append(appeal)
        gift = min(p.arms_limit, p.arms_share * (1 + p.arms_insecurity * self.insecurity))
        for tie, appeal in zip(self.ties, appeals, strict=True):
            held = 1 - p.discipline * tie.orientation * (1 - tie.compliance)
            pace = min(1.0, p.contract_pace + p.signing_pace * tie.signed)
            contract = []
            for c in goods:
                if model.is_grant[c]:
                    contract.append(gift * max(0.0, tie.transfer) / model.arms_price)
                    continue
                target = 0.0
                if not self.is_market:
                    target = p.margin * appeal[c] / whole[c] * self.wanted[c] * held
                contract.append(tie.contract[c] + pace * (target - tie.contract[c]))
            tie.contract = contract

    def renew_prices(self) -> None:
        """Prices move to the world's price and what the patron pays on top."""
        model, p = self.model, self.model.p["economy"]
        for tie in self.ties:
            base = model.world_price if tie.both_hard else model.norm_price
            speed = p.market_pace if tie.both_hard else p.price_drift
            speed = min(1.0, speed + p.signing_price * tie.signed)
            top = 1 + tie.back.markup
            tie.price = [
                0.0 if model.is_grant[c] else price + speed * (base[c] * top - price)
                for c, price in enumerate(tie.price)
            ]
