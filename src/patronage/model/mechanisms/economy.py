r"""Economy: goods are produced, shipped, paid for, stored and rationed; nothing appears or vanishes.

In the manner of ARIO (Hallegatte 2008, 2014): stocks as buffers, proportional rationing, output
bound by essential inputs. For every state $i$ and commodity $c$, month by month,

$$\text{stock}'=\text{stock}+\text{produced}+\text{imported}-\text{exported}-\text{used}$$

Production $\min(\text{capacity}\cdot f_{ic},\;\text{target}-\text{stock}+\text{need}+\text{shipped})$ with
$f_{ic}$ following $\prod_{k\ne c}\text{vigour}_{ik}^{\epsilon_k}$ over the good's gestation (a crop remembers its
seasons); vigour follows $1-\text{shortage}$ with a lag per input (fuel at once, parts slowly). Promised deliveries are cut by access, by what the
exporter can spare, and by what the importer can pay: earnings, the patron's credit line, reserves.
What is still missing is bought on the market with convertible funds; spare goods are sold there.
Where such money is short it is budgeted by increments (Davis, Dempster & Wildavsky 1966): each good
keeps its customary share, a little more where output hangs on it, and the rest of a lack is borne.
Prices between states without a market stick until an agreement is signed and then move to the
smoothed world price plus the share of the bargain that is paid through price: all of it where the
patron's money is convertible, else a share that grows with the client's debt.
Trade follows the flag (Pollins 1989): suppliers gain share with capacity to spare, agreement,
affinity and access, and lose it where orders stay unfilled or unpaid.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from patronage.model.mechanism import Draw, Mechanism, Parameters, Phase, View
from patronage.model.state import SMALL, share_of, turn


def production(s: View, p: Parameters) -> tuple[Array, Array, Array, Array]:
    """Goods produced [unit / month], stock wanted [unit], output index, effect of inputs."""
    log_vigour = s.essential[None] * jnp.log(jnp.maximum(s.vigour, p.vigour_floor))
    all_inputs = log_vigour.sum(axis=1, keepdims=True)
    factor = jnp.exp(all_inputs - log_vigour)
    wanted = s.storage[None] * (s.need + s.supply) / 2
    room = jnp.maximum(0, wanted - s.stock + s.need + s.shipped)
    tended = s.tended + (factor - s.tended) / jnp.maximum(1, s.gestation[None])
    return jnp.minimum(s.capacity * tended, room), wanted, jnp.exp(all_inputs[:, 0]), tended


def promise(
    s: View, p: Parameters, produced: Array, wanted: Array, u: dict[str, Array]
) -> tuple[Array, Array]:
    """Deliveries (client, patron, commodity) that leave the exporter if they can be paid, and the
    share of what is asked that the exporter (patron, commodity) has.
    """
    # home need first; stores even out the seasons but do not turn a needy state into an exporter
    ready = jnp.maximum(0, s.stock + produced - s.need)
    ready = jnp.minimum(ready, p.burst * jnp.maximum(0, s.supply - s.need))
    lateness = p.logistics * jnp.abs(u["logistics"]) + p.distance_logistics * u["season"]
    moving = jnp.clip(1 - lateness, 0, 1)[None, :, None]
    hunger = jnp.clip(
        share_of(wanted + s.need - s.stock, jnp.broadcast_to(s.need, s.stock.shape)), 0, 1
    )
    # a client tempted by a better price elsewhere delivers less to its patron
    small = jnp.where(s.capability[None, :] < s.capability[:, None], 1, 0) * s.actor[:, None]
    worth = jnp.clip(share_of(s.price, s.world_price + 0 * s.price), SMALL, 1)
    worth = jnp.exp(p.diversion * jnp.log(worth))
    loyal = jnp.where(small[:, :, None] > 0, worth, 1)
    asked = s.contract * s.access * moving * hunger[:, None] * loyal
    asked = jnp.where(s.grant > 0, s.contract * s.access, asked)
    leaving = asked.sum(axis=0)
    fits = jnp.minimum(1, share_of(ready, leaving))
    fits = jnp.where(s.market[:, None] > 0, 1, fits)
    return asked * fits[None], fits


def ration(s: View, p: Parameters, fund: Array, value: Array) -> tuple[Array, Array]:
    """Share of each good's bill (…, commodity, member) that a fund pays: the urgent goods first.

    Urgent are the goods whose want is felt within the month, such as fuel and food.
    """
    urgent = jnp.where(s.input_lag <= p.urgent, 1, 0)
    first = (value * urgent).sum(axis=-2)
    later = (value * (1 - urgent)).sum(axis=-2)
    able = jnp.where(first > SMALL, jnp.minimum(1, share_of(fund, first)), 1)
    rest = jnp.maximum(0, fund - able * first)
    able_later = jnp.where(later > SMALL, jnp.minimum(1, share_of(rest, later)), 1)
    left = jnp.maximum(0, rest - able_later * later)
    return jnp.where(urgent > 0, able[..., None, :], able_later[..., None, :]), left


def pay(s: View, p: Parameters, value: Array) -> tuple[Array, Array]:
    """Share of each bill (client, patron, commodity) the client can pay; convertible funds left."""
    bill = value.sum(axis=2)
    hard = jnp.maximum(s.convertible, s.market)[None, :] + 0 * bill
    earned = turn(jnp.maximum(s.trade, bill))
    line = jnp.maximum(s.line, 0)
    # a line pays for its giver's goods alone
    tied = jnp.minimum(line, bill)
    large = jnp.where(s.capability[:, None] > s.capability[None, :], 1, 0) * s.actor[None, :]
    pool = (hard * (earned + tied)).sum(axis=1) + p.reserve_use * jnp.maximum(s.reserves, 0)
    hard_value = (hard[:, :, None] * value).sum(axis=1)
    pooled, left = ration(s, p, pool, hard_value)
    cleared, _ = ration(s, p, p.swing * earned + line, value)
    solvent = jnp.maximum(large, s.market[:, None])
    able = jnp.where(hard[:, :, None] > 0, pooled[:, None], cleared)
    return jnp.where(solvent[:, :, None] > 0, 1, able), left


def budget(s: View, p: Parameters, left: Array, paid: Array, lack: Array) -> tuple[Array, Array]:
    """Share of what each good would cost in convertible money that its budget covers, and what is
    left of that budget [million US$ / month], both (state, commodity).

    left: money after the contracts (state,); paid: under contracts; lack: what is still missing.
    """
    fund = left + paid.sum(axis=1)
    wish = paid + lack
    share = s.custom * (1 + p.increment * s.essential[None])
    base = jnp.minimum(wish, share * fund[:, None])
    # custom rules while money is short; who can pay for all that is missing buys it
    short = jnp.where(left < lack.sum(axis=1), 1, 0) * s.actor
    short = short * jnp.where(s.capability < p.self_financed, 1, 0)
    purse = jnp.where((short[:, None] > 0) & (wish > SMALL), share_of(base, wish), 1)
    return purse, jnp.maximum(0, purse * wish - paid)


def market_trade(
    s: View, p: Parameters, left: Array, paid: Array, stored: Array, wanted: Array
) -> tuple[Array, Array, Array]:
    """Bought on and sold to the market (state, commodity) beyond the contracts [unit / month], and
    the share of each good's cost in convertible money that its budget covers.
    """
    with_market = (s.access * s.market[None, :, None]).sum(axis=1)
    to_market = turn(s.access * s.market[:, None, None]).sum(axis=1)
    missing = jnp.maximum(0, s.need + p.restock * jnp.maximum(0, wanted - stored) - stored)
    missing = missing * s.actor[:, None] * with_market
    lack = missing * s.world_price[None]
    purse, open_money = budget(s, p, left, paid, lack)
    order = p.spot_share * lack
    fits = jnp.where(order > SMALL, jnp.minimum(1, share_of(open_money, order)), 1)
    able, _ = ration(s, p, left, order * fits)
    large = jnp.where(s.capability >= p.self_financed, 1, 0)
    bought = p.spot_share * missing * fits * jnp.maximum(large[:, None], able)
    spare = stored - s.need - p.cover * s.shipped - p.home_stock * s.need
    sold = p.spot_rate * jnp.maximum(0, spare) * s.actor[:, None] * to_market
    return bought, jnp.minimum(sold, jnp.maximum(0, stored - s.need)), purse


def renegotiate(s: View, p: Parameters, kept: Array) -> dict[str, Array]:
    """Contracts move to suppliers that can deliver and are liked; prices reset when one signs.

    kept: share of what was asked (client, patron, commodity) that was there and could be paid.
    """
    wanted = jnp.maximum(s.need - s.supply, 0)
    spare = jnp.maximum(s.supply - s.need, 0)
    deep = share_of(spare[None, :], spare[None, :] + p.depth * wanted[:, None])
    deep = jnp.where(s.market[None, :, None] > 0, 1, deep)
    hard = jnp.maximum(s.convertible, s.market)
    foreign = jnp.where(jnp.abs(hard[:, None] - hard[None, :]) > 0, p.foreign_currency, 1)
    liking = jnp.exp(p.flag * s.affinity - s.distance / p.trade_range) * foreign
    bond = liking * jnp.where(
        s.market[None, :] > 0, p.market_weight, s.agreement * jnp.minimum(1, s.envoy)
    )
    # business moves away from where orders stay unfilled or unpaid
    relied = p.doubt + (1 - p.doubt) * kept
    weight = deep**2 * s.access * relied * (s.trader * bond)[:, :, None]
    part = weight / (weight.sum(axis=1, keepdims=True) + p.reluctance)
    # a patron holds back from a client that does not comply
    held_back = 1 - p.discipline * s.orientation * (1 - s.compliance)
    target = p.margin * part * wanted[:, None] * held_back[:, :, None]
    target = target * (1 - s.market[:, None, None])
    signed = jnp.minimum(1, s.act("trade-agreement") + s.received("trade-agreement"))
    pace = jnp.minimum(1, p.contract_pace + p.signing_pace * signed)[:, :, None]
    contract = s.contract + pace * (target - s.contract)
    gift = p.arms_share * (1 + p.arms_insecurity * s.insecurity[:, None])
    arms = jnp.minimum(p.arms_limit, gift) * jnp.maximum(0, s.transfer)
    arms_price = jnp.maximum((s.world_price * s.grant).sum(axis=0), SMALL)
    contract = jnp.where(s.grant > 0, (arms / arms_price)[:, :, None], contract)
    # what the patron pays through the price of the client's goods (client sells to patron)
    sales = (turn(s.contract) * s.norm_price).sum(axis=2)
    # credit first; as debts pile up that nobody repays, the patron pays through prices
    owed = s.debt / (s.debt + jnp.maximum(s.gdp, SMALL)[:, None] * p.debt_scale)
    by_price = jnp.minimum(1, p.price_share + p.price_debt * owed)
    by_price = jnp.where(s.convertible[None, :] > 0, 1, by_price)
    markup = by_price * share_of(jnp.maximum(0, s.transfer), sales)
    markup = jnp.minimum(p.markup_limit, markup)
    fair = s.norm_price * (1 + turn(markup)[:, :, None])
    open_market = jnp.where(foreign * hard[:, None] * hard[None, :] > 0, 1, 0)
    speed = jnp.where(open_market > 0, p.market_pace, p.price_drift)
    speed = jnp.minimum(1, speed + p.signing_price * signed)[:, :, None]
    current = s.world_price * (1 + turn(markup)[:, :, None])
    goal = jnp.where(open_market[:, :, None] > 0, current, fair)
    price = s.price + speed * (goal - s.price)
    return {
        "contract": contract * s.trader[:, :, None],
        "price": jnp.where(s.grant > 0, 0, price) * s.trader[:, :, None],
        "norm_price": s.norm_price + (s.world_price - s.norm_price) / p.price_memory,
    }


def deliver(s: View, p: Parameters, u: dict[str, Array]) -> dict[str, Array]:
    """One month of production, trade, payment, use and storage."""
    produced, wanted, output, tended = production(s, p)
    leaving, fits = promise(s, p, produced, wanted, u)
    able, left = pay(s, p, leaving * s.price)
    able = jnp.where(s.grant > 0, 1, able)
    goods = leaving * able
    value = (goods * s.price).sum(axis=2)
    came, went = goods.sum(axis=1), goods.sum(axis=0)
    stored = s.stock + produced + came - went
    hard = jnp.maximum(s.convertible, s.market)[None, :, None]
    paid = (goods * s.price * hard).sum(axis=1)
    bought, sold, purse = market_trade(s, p, left, paid, stored, wanted)
    market = s.market[:, None]
    # a good short of convertible money is signed for less with the market
    solvent = jnp.where(s.market[None, :, None] > 0, purse[:, None], 1)
    spent = share_of(paid + bought * s.world_price[None], (left + paid.sum(axis=1))[:, None])
    # the market's own side of spot trade, so that every unit is booked twice
    came_market = market * sold.sum(axis=0)[None]
    went_market = market * bought.sum(axis=0)[None]
    imported, exported = came + bought + came_market, went + sold + went_market
    produced = produced + market * jnp.maximum(0, went_market - stored)
    available = s.stock + produced + imported - exported
    used = jnp.minimum(s.need + came_market, jnp.maximum(0, available))
    shortage = 1 - jnp.minimum(1, share_of(used, jnp.broadcast_to(s.need, used.shape)))
    shortage = jnp.where(s.need > 0, shortage, 0) * (1 - market)
    with_market = turn(s.market[:, None] + 0 * value)
    spot_in = (bought * s.world_price[None]).sum(axis=1)
    spot_out = (sold * s.world_price[None]).sum(axis=1)
    bill = value + with_market * spot_in[:, None] + turn(with_market * spot_out[:, None])
    return {
        "goods": goods,
        "charged": s.price,
        "bill": bill,
        "produced": produced,
        "imported": imported,
        "exported": exported,
        "used": used,
        "stock": jnp.maximum(0, available - used),
        "shortage": shortage,
        "vigour": s.vigour + (1 - shortage - s.vigour) / jnp.maximum(1, s.input_lag[None]),
        "tended": tended,
        "shipped": s.shipped + (exported - s.shipped) / p.memory,
        "custom": s.custom + (jnp.minimum(1, spent) - s.custom) / p.memory,
        "output": output,
        "fulfilled": fulfilment(s, goods),
        **settle_accounts(s, p, goods, bill),
        **renegotiate(s, p, fits[None] * able * solvent),
    }


def fulfilment(s: View, goods: Array) -> Array:
    """Value delivered over value promised (client, patron); 1 where nothing was promised."""
    worth = s.norm_price
    promised = (s.contract * worth).sum(axis=2)
    kept = (jnp.minimum(goods, s.contract) * worth).sum(axis=2)
    return jnp.where(promised > SMALL, share_of(kept, promised), 1)


def settle_accounts(s: View, p: Parameters, goods: Array, bill: Array) -> dict[str, Array]:
    """Premium, arms, credit, lines, debts and reserves after the month's bills."""
    better = (goods * (s.price - s.world_price) * (1 - s.grant)).sum(axis=2)
    premium = turn(better) - better
    arms = (goods * s.world_price * s.grant).sum(axis=2)
    deficit = bill - turn(bill)
    hard = jnp.maximum(s.convertible, s.market)[None, :] + 0 * bill
    granted = s.pair * jnp.maximum(0, s.transfer - arms - premium)
    signed = p.credit_size * jnp.minimum(1, s.received("credit")) * jnp.minimum(1, s.envoy)
    line = signed + jnp.minimum(s.line + granted, p.line_months * granted + p.line_keep * s.line)
    drawn = s.pair * jnp.minimum(jnp.maximum(0, deficit), line)
    cash = (hard * (drawn - deficit)).sum(axis=1) - p.outflow * s.reserves
    return {
        "premium": premium,
        "arms": arms,
        "credit": drawn,
        "line": s.pair * (line - drawn),
        "debt": s.pair * (s.debt * (1 - p.repayment) + (1 - p.grant_share) * drawn),
        "reserves": jnp.maximum(0, s.reserves + cash) * s.actor,
        "trade": s.trade + (bill - s.trade) / p.memory,
    }


MECHANISM = Mechanism(
    "economy",
    (
        Phase(
            "deliver",
            deliver,
            reads=(
                "access",
                "actor",
                "affinity",
                "agreement",
                "capability",
                "capacity",
                "contract",
                "compliance",
                "convertible",
                "custom",
                "debt",
                "distance",
                "envoy",
                "essential",
                "grant",
                "gestation",
                "input_lag",
                "insecurity",
                "line",
                "market",
                "need",
                "norm_price",
                "orientation",
                "gdp",
                "pair",
                "price",
                "reserves",
                "shipped",
                "stock",
                "storage",
                "supply",
                "tended",
                "trade",
                "trader",
                "transfer",
                "vigour",
                "world_price",
                "act.trade-agreement",
                "act.credit",
            ),
            writes=(
                "goods",
                "charged",
                "bill",
                "produced",
                "imported",
                "exported",
                "used",
                "stock",
                "shortage",
                "vigour",
                "tended",
                "shipped",
                "custom",
                "output",
                "fulfilled",
                "premium",
                "arms",
                "credit",
                "line",
                "debt",
                "reserves",
                "trade",
                "contract",
                "price",
                "norm_price",
            ),
            neutral={
                "goods": 0.0,
                "charged": 0.0,
                "bill": 0.0,
                "produced": 0.0,
                "imported": 0.0,
                "exported": 0.0,
                "used": 0.0,
                "output": 1.0,
                "fulfilled": 1.0,
                "premium": 0.0,
                "arms": 0.0,
                "credit": 0.0,
            },
            draws={"logistics": Draw("normal", ("state",)), "season": Draw("uniform", ("state",))},
        ),
    ),
)
