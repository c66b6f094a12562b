"""Section 12, second half: accounts, new contracts, new prices, and the phase as a whole."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from .arithmetic import EPSILON, Act, Array, Fields, Written, one, positive, sh, turn
from .economy import hard_money, move_goods


def settle_accounts(f: Fields, p: Fields, act: Act, flow: SimpleNamespace) -> Written:
    """Bills, premiums, credit, debts and reserves."""
    hard, world_price = hard_money(f), f.world_price
    bill = (flow.goods * f.price).sum(axis=2)
    bill = bill + f.market[None, :] * (flow.bought @ world_price)[:, None]
    bill = bill + f.market[:, None] * (flow.sold @ world_price)[None, :]
    over = (flow.goods * (f.price - world_price) * (1 - f.grant)).sum(axis=2)
    premium = turn(over) - over
    arms = (flow.goods * world_price * f.grant).sum(axis=2)
    deficit = bill - turn(bill)
    granted = f.pair * positive(f.transfer - arms - premium)
    opened = p.credit_size * np.minimum(1, turn(act("credit"))) * np.minimum(1, f.envoy)
    line = opened + np.minimum(f.line + granted, p.line_months * granted + p.line_keep * f.line)
    drawn = f.pair * np.minimum(positive(deficit), line)
    debt = (1 - p.repayment) * f.debt + (1 - p.grant_share) * drawn
    paid = (hard[None, :] * (drawn - deficit)).sum(axis=1)
    reserves = f.actor * positive(f.reserves + paid - p.outflow * f.reserves)
    promised = (f.contract * f.norm_price).sum(axis=2)
    kept = (np.minimum(flow.goods, f.contract) * f.norm_price).sum(axis=2)
    return {
        "bill": bill,
        "trade": f.trade + (bill - f.trade) / p.memory,
        "premium": premium,
        "arms": arms,
        "credit": drawn,
        "line": f.pair * (line - drawn),
        "debt": f.pair * debt,
        "reserves": reserves,
        "fulfilled": np.where(promised > EPSILON, sh(kept, promised), 1.0),
    }


def wanted_contracts(f: Fields, p: Fields, flow: SimpleNamespace) -> Array:
    """q*[i, j, c]: what would be agreed with each supplier from scratch."""
    hard = hard_money(f)
    need, spare = flow.import_need, flow.spare
    deep = sh(spare[None, :, :], spare[None, :, :] + p.depth * need[:, None, :])
    deep = np.where(f.market[None, :, None] == 1, 1.0, deep)
    currency = np.where(hard[:, None] != hard[None, :], p.foreign_currency, 1.0)
    bond = np.exp(p.flag * f.affinity - f.distance / p.trade_range) * currency
    bond = bond * np.where(
        f.market[None, :] == 1, p.market_weight, f.agreement * np.minimum(1, f.envoy)
    )
    appeal = f.trader[:, :, None] * deep**2 * f.access * flow.rely * bond[:, :, None]
    part = appeal / (appeal.sum(axis=1, keepdims=True) + p.reluctance)
    held_back = 1 - p.discipline * f.orientation * (1 - f.compliance)
    return f.actor[:, None, None] * p.margin * part * need[:, None, :] * held_back[:, :, None]


def renew_contracts(f: Fields, p: Fields, flow: SimpleNamespace, signed: Array) -> Array:
    """q'[i, j, c]."""
    pace = np.minimum(1, p.contract_pace + p.signing_pace * signed)[:, :, None]
    sold = f.contract + pace * (wanted_contracts(f, p, flow) - f.contract)
    share = np.minimum(p.arms_limit, p.arms_share * (1 + p.arms_insecurity * f.insecurity))
    cost = max(EPSILON, (f.world_price * f.grant).sum())
    given = share[:, None] * positive(f.transfer) / cost
    return f.trader[:, :, None] * np.where(f.grant == 0, sold, given[:, :, None])


def renew_prices(f: Fields, p: Fields, signed: Array) -> Array:
    """p'[i, j, c]; the mark-up that patron j pays to client i is markup[i, j]."""
    hard = hard_money(f)
    owed = f.debt / (f.debt + p.debt_scale * np.maximum(EPSILON, f.gdp)[:, None])
    by_price = np.minimum(1, p.price_share + p.price_debt * owed)
    by_price = np.where(f.convertible[None, :] == 1, 1.0, by_price)
    exports = (turn(f.contract) * f.norm_price).sum(axis=2)
    markup = np.minimum(p.markup_limit, by_price * sh(positive(f.transfer), exports))
    both_hard = one((hard[:, None] == 1) & (hard[None, :] == 1))
    base = np.where(both_hard[:, :, None] == 1, f.world_price, f.norm_price)
    target = (1 + turn(markup))[:, :, None] * base
    drift = np.where(both_hard == 1, p.market_pace, p.price_drift)
    pace = np.minimum(1, p.signing_price * signed + drift)[:, :, None]
    return f.trader[:, :, None] * (1 - f.grant) * (f.price + pace * (target - f.price))


def deliver_economy(f: Fields, p: Fields, act: Act, late: Array, season: Array) -> Written:
    """Section 12 as a whole."""
    flow = move_goods(f, p, late, season)
    agreed = act("trade-agreement")
    signed = np.minimum(1, agreed + turn(agreed))
    moved = vars(flow)
    names = ("output", "tended", "goods", "imported", "exported", "produced", "used")
    names = (*names, "shortage", "stock", "vigour", "shipped", "custom")
    return (
        settle_accounts(f, p, act, flow)
        | {name: moved[name] for name in names}
        | {
            "charged": f.price,
            "contract": renew_contracts(f, p, flow, signed),
            "price": renew_prices(f, p, signed),
            "norm_price": f.norm_price + (f.world_price - f.norm_price) / p.price_memory,
        }
    )
