/* The second half of the economy: credit and debt, new contracts, new prices. */
#include "world.h"

/* premiums, arms, promises kept; promised[i] is what the contracts are worth at smoothed prices */
static void weigh_deliveries(const World *w, const Month *m, const Member *s, Scene *f,
                             V *promised)
{
    const Setting *g = &w->setting;
    V priced = m->dated.world_price, arms = priced * g->grant;
    Dyad over, turned;
    EACH(i)
    {
        V better[STATES], given[STATES], due[STATES], kept[STATES];
        EACH(j)
        {
            V goods = f->goods[i][j], worth = s->norm_price;
            better[j] = goods * (s->price[i][j] - priced) * w->fixed.sold_goods;
            given[j] = goods * arms;
            due[j] = s->contract[i][j] * worth;
            kept[j] = min(goods, s->contract[i][j]) * worth;
        }
        over[i] = sum_rows(better, STATES);
        f->arms[i] = sum_rows(given, STATES);
        promised[i] = sum_rows(due, STATES);
        V done = sum_rows(kept, STATES) / max(promised[i], all(SMALL));
        f->fulfilled[i] = pick((M)(promised[i] > all(SMALL)), done, all(1));
    }
    turn(over, turned);
    EACH(i) f->premium[i] = turned[i] - over[i];
}

static void draw_credit(const World *w, Member *s, Scene *f)
{
    const Setting *g = &w->setting;
    __typeof__(w->p.economy) p = w->p.economy;
    Dyad turned, asked, paid;
    turn(f->bill, turned);
    if (HAS(f, CREDIT))
        turn(f->act[CREDIT], asked);
    EACH(i)
    {
        V deficit = f->bill[i] - turned[i];
        V granted = g->pair[i] * positive(s->transfer[i] - f->arms[i] - f->premium[i]);
        V line = min(s->line[i] + granted, p.line_months * granted + p.line_keep * s->line[i]);
        if (HAS(f, CREDIT))
            line += p.credit_size * min(all(1), asked[i]) * min(all(1), s->envoy[i]);
        V drawn = g->pair[i] * min(positive(deficit), line);
        f->credit[i] = drawn;
        s->line[i] = g->pair[i] * (line - drawn);
        paid[i] = w->fixed.hard * (drawn - deficit);
        s->trade[i] += (f->bill[i] - s->trade[i]) / p.memory;
    }
    V left = s->reserves + sum_rows(paid, STATES) - p.outflow * s->reserves;
    s->reserves = g->actor * positive(left);
}

static void renew_contracts(const World *w, const Month *m, Member *s, const Scene *f)
{
    const Setting *g = &w->setting;
    const Fixed *k = &w->fixed;
    __typeof__(w->p.economy) p = w->p.economy;
    M market = (M)(g->market > all(0));
    EACH(i)
    {
        V reach = exp_of(p.flag * f->affinity[i]) * k->trade_reach[i];
        V bond = reach * pick(market, all(p.market_weight),
                              s->agreement[i] * min(all(1), s->envoy[i]));
        V held = 1 - p.discipline * s->orientation[i] * (1 - s->compliance[i]);
        V pace = min(all(1), p.contract_pace + p.signing_pace * min(all(1), f->signed_now[i]));
        V gift = p.arms_share * (1 + p.arms_insecurity * all(f->insecurity[i]));
        V arms = min(all(p.arms_limit), gift) * positive(s->transfer[i]) / m->arms_price;
        V weight[STATES], sum = all(p.reluctance);
        EACH(j)
        {
            V relied = p.doubt + (1 - p.doubt) * f->filled[i][j];
            weight[j] = m->deep[i][j] * f->access[i][j] * relied * bond[j];
            sum += weight[j];
        }
        V wanted = p.margin * g->actor[i] * m->wanted[i] / sum;
        EACH(j)
        {
            V old = s->contract[i][j];
            V renewed = old + pace[j] * (weight[j] * wanted * held[j] - old);
            renewed = k->sold_goods * renewed + g->grant * arms[j];
            s->contract[i][j] = g->trader[i][j] * renewed;
        }
    }
}

/* `promised` are the contracts before they were renewed */
static void renew_prices(const World *w, const Month *m, Member *s, const Scene *f,
                         const V *promised)
{
    const Setting *g = &w->setting;
    const Fixed *k = &w->fixed;
    __typeof__(w->p.economy) p = w->p.economy;
    Dyad markup, turned;
    M convertible = (M)(g->convertible > all(0));
    turn(promised, turned);
    EACH(i)
    {
        V owed = s->debt[i] / (s->debt[i] + m->live_gdp[i] * p.debt_scale);
        V by_price = min(all(1), p.price_share + p.price_debt * owed);
        by_price = pick(convertible, all(1), by_price);
        V paid = by_price * share_of(positive(s->transfer[i]), turned[i]);
        markup[i] = min(all(p.markup_limit), paid);
    }
    turn(markup, turned);
    EACH(i)
    {
        V speed = k->speed[i] + p.signing_price * min(all(1), f->signed_now[i]);
        speed = min(all(1), speed);
        EACH(j)
        {
            V base = k->open_market[i][j] > 0 ? m->dated.world_price : s->norm_price;
            V goal = base * (1 + turned[i][j]);
            V price = s->price[i][j] + speed[j] * (goal - s->price[i][j]);
            s->price[i][j] = g->trader[i][j] * k->sold_goods * price;
        }
    }
    s->norm_price += (m->dated.world_price - s->norm_price) / p.price_memory;
}

void settle_accounts(const World *w, const Month *m, Member *s, Scene *f)
{
    __typeof__(w->p.economy) p = w->p.economy;
    Dyad promised;
    weigh_deliveries(w, m, s, f, promised);
    draw_credit(w, s, f);
    renew_contracts(w, m, s, f);
    renew_prices(w, m, s, f, promised);
    EACH(i)
    {
        V debt = s->debt[i] * (1 - p.repayment) + (1 - p.grant_share) * f->credit[i];
        s->debt[i] = w->setting.pair[i] * debt;
    }
}
