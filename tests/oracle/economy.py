"""Section 12, first half: production, shipments, payment, spot trade, use and stores."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from .arithmetic import EPSILON, Array, Fields, import_need, one, positive, sh, spare_supply, turn


def produce(f: Fields, p: Fields) -> SimpleNamespace:
    """Output, the smoothed effect of inputs, and what is made this month."""
    effect = f.essential[None, :] * np.log(np.maximum(f.vigour, p.vigour_floor))
    want = 0.5 * f.storage[None, :] * (f.need + f.supply)
    others = np.exp(effect.sum(axis=1, keepdims=True) - effect)  # all inputs but the good itself
    tended = f.tended + (others - f.tended) / np.maximum(1, f.gestation)[None, :]
    room = positive(want - f.stock + f.need + f.shipped)
    return SimpleNamespace(
        output=np.exp(effect.sum(axis=1)),
        want=want,
        tended=tended,
        made=np.minimum(f.capacity * tended, room),
    )


def leaving(
    f: Fields, p: Fields, made: SimpleNamespace, late: Array, season: Array
) -> tuple[Array, Array]:
    """leave[i, j, c]: what exporters can and will send; fit[j, c]: the share of it they have."""
    states, goods = f.need.shape
    ready = np.minimum(positive(f.stock + made.made - f.need), p.burst * spare_supply(f))
    moving = np.clip(1 - p.logistics * np.abs(late) - p.distance_logistics * season, 0, 1)
    hungry = np.clip(sh(made.want + f.need - f.stock, f.need), 0, 1)
    ask = np.zeros((states, states, goods))
    for i in range(states):
        for j in range(states):
            loyal = np.ones(goods)
            if f.capability[j] < f.capability[i] and f.actor[i] == 1:
                loyal = np.clip(sh(f.price[i, j], f.world_price), EPSILON, 1) ** p.diversion
            tempered = np.where(f.grant == 1, 1.0, moving[j] * hungry[i] * loyal)
            ask[i, j] = f.contract[i, j] * f.access[i, j] * tempered
    fit = np.minimum(1, sh(ready, ask.sum(axis=0)))
    fit = np.where(f.market[:, None] == 1, 1.0, fit)
    return ask * fit[None, :, :], fit


def ration(fund: float, bills: Array, urgent: Array) -> tuple[Array, float]:
    """Share of each bill that a fund pays, urgent goods first, and what is left of it."""
    first, second = bills[urgent].sum(), bills[~urgent].sum()
    rate_first = min(1.0, fund / first) if first > EPSILON else 1.0
    rest = max(0.0, fund - rate_first * first)
    rate_second = min(1.0, rest / second) if second > EPSILON else 1.0
    left = max(0.0, rest - rate_second * second)
    return np.where(urgent, rate_first, rate_second), left


def hard_money(f: Fields) -> Array:
    """hard[j]: 1 where a partner is paid in convertible money."""
    return np.maximum(f.convertible, f.market)


def pay(f: Fields, p: Fields, leave: Array) -> tuple[Array, Array]:
    """able[i, j, c], the share that is paid for, and what is left of each state's pool."""
    states = len(f.capability)
    urgent = f.input_lag <= p.urgent
    hard = hard_money(f)
    bills = leave * f.price
    value = bills.sum(axis=2)
    earned = np.maximum(turn(f.trade), turn(value))
    line = positive(f.line)
    able = np.ones(leave.shape)
    left = np.zeros(states)
    for i in range(states):
        tied = np.minimum(line[i], value[i])
        pool = (hard * (earned[i] + tied)).sum() + p.reserve_use * max(0.0, f.reserves[i])
        hard_bills = (hard[:, None] * bills[i]).sum(axis=0)
        by_pool, left[i] = ration(pool, hard_bills, urgent)
        for j in range(states):
            larger = f.capability[i] > f.capability[j] and f.actor[j] == 1
            if f.market[i] == 1 or larger:
                continue
            if hard[j] == 1:
                able[i, j] = by_pool
            else:
                fund = p.swing * earned[i, j] + line[i, j]
                able[i, j], _ = ration(fund, bills[i, j], urgent)
    return able, left


def budget(f: Fields, p: Fields, i: int, left: float, paid: Array, lack: Array) -> Array:
    """purse[c]: the share of what each good would cost state i that its budget covers."""
    affluent = f.capability[i] >= p.self_financed or f.market[i] == 1
    if affluent or left >= lack.sum():
        return np.ones(len(lack))
    purse = np.ones(len(lack))
    for c, ask in enumerate(paid + lack):
        if ask > EPSILON:
            part = f.custom[i, c] * (1 + p.increment * f.essential[c])
            purse[c] = min(ask, part * (left + paid.sum())) / ask
    return purse


def trade_spot(
    f: Fields, p: Fields, want: Array, stored: Array, left: Array, paid: Array
) -> tuple[Array, Array, Array]:
    """bought[i, c] from and sold[i, c] to the market, and purse[i, c]."""
    urgent = f.input_lag <= p.urgent
    inward = np.einsum("j,ijc->ic", f.market, f.access)
    outward = np.einsum("k,kic->ic", f.market, f.access)
    actor = f.actor[:, None]
    gap = f.need + p.restock * positive(want - stored) - stored
    missing = actor * inward * positive(gap)
    lack = missing * f.world_price[None, :]
    bought, purse = np.zeros(missing.shape), np.ones(missing.shape)
    for i in range(len(missing)):
        purse[i] = budget(f, p, i, left[i], paid[i], lack[i])
        order = p.spot_share * lack[i]
        allowed = positive(purse[i] * (paid[i] + lack[i]) - paid[i])
        fits = np.where(order > EPSILON, np.minimum(1, sh(allowed, order)), 1.0)
        rate, _ = ration(left[i], order * fits, urgent)
        own = float(f.capability[i] >= p.self_financed)
        bought[i] = p.spot_share * missing[i] * fits * np.maximum(own, rate)
    spare = stored - f.need - p.cover * f.shipped - p.home_stock * f.need
    sold = np.minimum(positive(stored - f.need), p.spot_rate * actor * outward * positive(spare))
    return bought, sold, purse


def move_goods(f: Fields, p: Fields, late: Array, season: Array) -> SimpleNamespace:
    """All flows of goods of the month, and what they leave in store."""
    made = produce(f, p)
    leave, fit = leaving(f, p, made, late, season)
    able, left = pay(f, p, leave)
    able = np.where(f.grant == 1, 1.0, able)
    goods = leave * able
    inflow, outflow = goods.sum(axis=1), goods.sum(axis=0)
    stored = f.stock + made.made + inflow - outflow
    paid = np.einsum("j,ijc->ic", hard_money(f), goods * f.price)
    bought, sold, purse = trade_spot(f, p, made.want, stored, left, paid)
    solvency = np.where(f.market[None, :, None] == 1, purse[:, None, :], 1.0)
    fund = (left + paid.sum(axis=1))[:, None]
    spent = np.minimum(1, sh(paid + bought * f.world_price[None, :], fund))
    market, total_sold, total_bought = f.market[:, None], sold.sum(axis=0), bought.sum(axis=0)
    imported = inflow + bought + market * total_sold
    exported = outflow + sold + market * total_bought
    produced = made.made + market * positive(total_bought - stored)
    available = f.stock + produced + imported - exported
    used = np.minimum(f.need + market * total_sold, positive(available))
    fed = np.minimum(1, sh(used, f.need))
    shortage = f.actor[:, None] * one(f.need > 0) * (1 - fed)
    return SimpleNamespace(
        output=made.output,
        tended=made.tended,
        goods=goods,
        rely=p.doubt + (1 - p.doubt) * fit[None, :, :] * able * solvency,
        bought=bought,
        sold=sold,
        imported=imported,
        exported=exported,
        produced=produced,
        used=used,
        shortage=shortage,
        stock=positive(available - used),
        vigour=f.vigour + (1 - shortage - f.vigour) / np.maximum(1, f.input_lag)[None, :],
        shipped=f.shipped + (exported - f.shipped) / p.memory,
        custom=f.custom + (spent - f.custom) / p.memory,
        import_need=import_need(f),
        spare=spare_supply(f),
    )
