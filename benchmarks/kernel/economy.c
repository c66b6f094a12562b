/* Goods: made, shipped, paid for, traded on the market, used and stored. Lanes: goods. */
#include "world.h"

typedef struct {
    Goods made, bought, sold, left_over, paid; /* paid: in convertible money */
    Trade leave;
    V left; /* of each state's pool of convertible money */
} Flow;

/* shares of the urgent and of the other bills that a fund pays, and what is left */
typedef struct {
    V urgent, later, left;
} Rates;

static Rates ration(V fund, V urgent, V later)
{
    Rates r;
    V rate = min(all(1), fund / max(urgent, all(SMALL)));
    r.urgent = pick((M)(urgent > all(SMALL)), rate, all(1));
    V rest = positive(fund - r.urgent * urgent);
    rate = min(all(1), rest / max(later, all(SMALL)));
    r.later = pick((M)(later > all(SMALL)), rate, all(1));
    r.left = positive(rest - r.later * later);
    return r;
}

static void produce(const World *w, const Month *m, Member *s, Scene *f, Flow *x)
{
    const Setting *g = &w->setting;
    Dyad effect;
    EACH(i)
    {
        V floor = all(w->p.economy.vigour_floor);
        effect[i] = g->essential * log_of(max(s->vigour[i], floor));
    }
    V all_inputs = sum_rows(effect, STATES);
    f->output = exp_of(all_inputs);
    EACH(i)
    {
        V others = exp_of(all_inputs[i] - effect[i]);
        V room = m->want[i] - s->stock[i] + m->dated.need[i] + s->shipped[i];
        s->tended[i] += (others - s->tended[i]) * w->fixed.per_gestation;
        x->made[i] = min(m->dated.capacity[i] * s->tended[i], positive(room));
    }
}

static void ship(const World *w, const Month *m, const Member *s, const Draws *u, Scene *f,
                 Flow *x)
{
    const Setting *g = &w->setting;
    __typeof__(w->p.economy) p = w->p.economy;
    V late = max(u->logistics, -u->logistics);
    V moving = clip(1 - p.logistics * late - p.distance_logistics * u->season, 0, 1);
    V per_price = share_of(all(1), m->dated.world_price);
    Goods fits;
    EACH(j) fits[j] = all(0);
    EACH(i)
    {
        V need = m->dated.need[i];
        V hungry = clip((m->want[i] + need - s->stock[i]) * m->per_need[i], 0, 1);
        EACH(j)
        {
            V tempered = hungry * moving[j];
            if (m->diverts[i][j] > 0) {
                V cheap = max(min(s->price[i][j] * per_price, all(1)), all(SMALL));
                tempered *= exp_of(p.diversion * log_of(cheap));
            }
            tempered = w->fixed.sold_goods * tempered + g->grant;
            x->leave[i][j] = s->contract[i][j] * f->access[i][j] * tempered;
            fits[j] += x->leave[i][j];
        }
    }
    EACH(j)
    {
        V ready = min(positive(s->stock[j] + x->made[j] - m->dated.need[j]), m->ready[j]);
        V fit = min(all(1), share_of(ready, fits[j]));
        fits[j] = g->market[j] > 0 ? all(1) : fit;
    }
    EACH(i) EACH(j)
    {
        x->leave[i][j] *= fits[j];
        f->filled[i][j] = fits[j];
    }
}

static void pay(const World *w, const Month *m, const Member *s, Scene *f, Flow *x)
{
    const Fixed *k = &w->fixed;
    __typeof__(w->p.economy) p = w->p.economy;
    Dyad urgent, later, earned, funds, bills;
    Goods hard;
    EACH(i)
    {
        V now[STATES], then[STATES];
        hard[i] = all(0);
        EACH(j)
        {
            V value = x->leave[i][j] * s->price[i][j];
            now[j] = value * k->urgent;
            then[j] = value - now[j];
            hard[i] += k->hard[j] * value;
        }
        urgent[i] = sum_rows(now, STATES);
        later[i] = sum_rows(then, STATES);
        bills[i] = urgent[i] + later[i];
        funds[i] = max(s->trade[i], bills[i]);
    }
    turn(funds, earned);
    EACH(i) funds[i] = k->hard * (earned[i] + min(positive(s->line[i]), bills[i]));
    V pool = sum_rows(funds, STATES) + p.reserve_use * positive(s->reserves);
    Goods now, then;
    EACH(i)
    {
        now[i] = hard[i] * k->urgent;
        then[i] = hard[i] - now[i];
    }
    Rates pooled = ration(pool, sum_rows(now, STATES), sum_rows(then, STATES));
    x->left = pooled.left;
    EACH(i)
    {
        x->paid[i] = all(0);
        Rates r = ration(p.swing * earned[i] + positive(s->line[i]), urgent[i], later[i]);
        M by_pool = (M)(k->hard > all(0)), free = (M)(m->solvent[i] > all(0));
        V first = pick(by_pool, all(pooled.urgent[i]), r.urgent);
        V other = pick(by_pool, all(pooled.later[i]), r.later);
        first = pick(free, all(1), first);
        other = pick(free, all(1), other);
        EACH(j)
        {
            V able = k->urgent * first[j] + k->later * other[j];
            able = k->sold_goods * able + w->setting.grant;
            f->goods[i][j] = x->leave[i][j] * able;
            f->filled[i][j] *= able;
            x->paid[i] += k->hard[j] * f->goods[i][j] * s->price[i][j];
        }
    }
}

/* purse: the share of each good's cost in convertible money that its budget covers */
static void budget(const World *w, const Month *m, const Member *s, const Flow *x,
                   const Goods lack, V fund, Goods purse)
{
    V custom = 1 + w->p.economy.increment * w->setting.essential;
    V all_lacks = sum_rows(lack, STATES);
    EACH(i)
    {
        purse[i] = all(1);
        int own = m->self_financed[i] > 0 || w->setting.market[i] > 0;
        if (own || x->left[i] >= all_lacks[i])
            continue;
        V wish = x->paid[i] + lack[i];
        V base = min(wish, s->custom[i] * custom * fund[i]);
        purse[i] = pick((M)(wish > all(SMALL)), base / max(wish, all(SMALL)), all(1));
    }
}

/* trade with the market beyond the contracts; `stored` is what the contracts leave */
static void trade_spot(const World *w, const Month *m, Member *s, Scene *f, Flow *x)
{
    const Setting *g = &w->setting;
    const Fixed *k = &w->fixed;
    __typeof__(w->p.economy) p = w->p.economy;
    Goods missing, lack, purse, fits, now, then;
    EACH(i)
    {
        V stored = x->left_over[i], need = m->dated.need[i], inward = all(0), outward = all(0);
        for (int n = 0; n < k->markets; n++) {
            inward += f->access[i][k->market[n]];
            outward += f->access[k->market[n]][i];
        }
        V gap = need + p.restock * positive(m->want[i] - stored) - stored;
        missing[i] = positive(gap) * inward * g->actor[i];
        lack[i] = missing[i] * m->dated.world_price;
        V spare = stored - need - p.cover * s->shipped[i] - p.home_stock * need;
        V sold = p.spot_rate * g->actor[i] * positive(spare) * outward;
        x->sold[i] = min(sold, positive(stored - need));
    }
    V fund = x->left + sum_rows(x->paid, STATES);
    budget(w, m, s, x, lack, fund, purse);
    EACH(i)
    {
        V order = p.spot_share * lack[i], allowed = purse[i] * (x->paid[i] + lack[i]) - x->paid[i];
        V share = min(all(1), positive(allowed) / max(order, all(SMALL)));
        fits[i] = pick((M)(order > all(SMALL)), share, all(1));
        now[i] = order * fits[i] * k->urgent;
        then[i] = order * fits[i] * k->later;
    }
    Rates r = ration(x->left, sum_rows(now, STATES), sum_rows(then, STATES));
    EACH(i)
    {
        V able = k->urgent * r.urgent[i] + k->later * r.later[i];
        V rate = fits[i] * max(able, all(m->self_financed[i]));
        x->bought[i] = p.spot_share * missing[i] * rate;
        /* a good short of convertible money is signed for less with the market */
        for (int n = 0; n < k->markets; n++)
            f->filled[i][k->market[n]] *= purse[i];
        V spent = share_of(x->paid[i] + x->bought[i] * m->dated.world_price, all(fund[i]));
        s->custom[i] += (min(all(1), spent) - s->custom[i]) / p.memory;
    }
}

static void store(const World *w, const Month *m, Member *s, Scene *f, Flow *x)
{
    const Setting *g = &w->setting;
    Goods came, went;
    V all_sold = all(0), all_bought = all(0);
    EACH(i) came[i] = went[i] = all(0);
    EACH(i) EACH(j)
    {
        came[i] += f->goods[i][j];
        went[j] += f->goods[i][j];
    }
    EACH(i) x->left_over[i] = s->stock[i] + x->made[i] + came[i] - went[i];
    trade_spot(w, m, s, f, x);
    EACH(i)
    {
        all_sold += x->sold[i];
        all_bought += x->bought[i];
    }
    EACH(i)
    {
        float market = g->market[i];
        V need = m->dated.need[i], to_market = market * all_sold, from_market = market * all_bought;
        f->imported[i] = came[i] + x->bought[i] + to_market;
        f->exported[i] = went[i] + x->sold[i] + from_market;
        f->produced[i] = x->made[i] + market * positive(from_market - x->left_over[i]);
        V available = s->stock[i] + f->produced[i] + f->imported[i] - f->exported[i];
        f->used[i] = min(need + to_market, positive(available));
        V met = min(all(1), f->used[i] * m->per_need[i]);
        V shortage = where((M)(need > all(0)), 1 - met) * g->actor[i];
        s->stock[i] = positive(available - f->used[i]);
        s->shortage[i] = shortage;
        s->vigour[i] += (1 - shortage - s->vigour[i]) * w->fixed.per_lag;
        s->shipped[i] += (f->exported[i] - s->shipped[i]) / w->p.economy.memory;
    }
}

static void send_bills(const World *w, const Month *m, const Member *s, Scene *f, const Flow *x)
{
    const Setting *g = &w->setting;
    Goods bought, sold;
    EACH(i)
    {
        V value[STATES];
        EACH(j) value[j] = f->goods[i][j] * s->price[i][j];
        f->bill[i] = sum_rows(value, STATES);
        bought[i] = x->bought[i] * m->dated.world_price;
        sold[i] = x->sold[i] * m->dated.world_price;
    }
    V spent = sum_rows(bought, STATES), gained = sum_rows(sold, STATES);
    EACH(i) f->bill[i] += g->market * spent[i] + g->market[i] * gained;
}

void deliver_economy(const World *w, const Month *m, Member *s, const Draws *u, Scene *f)
{
    Flow x;
    produce(w, m, s, f, &x);
    ship(w, m, s, u, f, &x);
    pay(w, m, s, f, &x);
    store(w, m, s, f, &x);
    send_bills(w, m, s, f, &x);
}
