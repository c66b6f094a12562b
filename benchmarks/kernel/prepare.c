/* What all members share, worked out once: geography, and for each month needs, supplies, power. */
#include "world.h"

static void prepare_setting(World *w)
{
    const Setting *g = &w->setting;
    const struct Parameters *p = &w->p;
    Fixed *x = &w->fixed;
    x->live = max(g->actor, g->market);
    x->hard = max(g->convertible, g->market);
    x->goods = all(0);
    for (int c = 0; c < GOODS; c++)
        x->goods[c] = 1;
    x->firmness = 1 - g->substitutability;
    x->ease = 1 - p->dependence.market_ease * g->substitutability;
    x->per_lag = 1 / max(all(1), g->input_lag);
    x->per_gestation = 1 / max(all(1), g->gestation);
    x->urgent = one((M)(g->input_lag <= all(p->economy.urgent)));
    x->later = 1 - x->urgent;
    x->sold_goods = 1 - g->grant;
    x->markets = 0;
    EACH(i)
    {
        V hard = all(x->hard[i]);
        V apart = max(hard - x->hard, x->hard - hard);
        V currency = pick((M)(apart > all(0)), all(p->economy.foreign_currency), all(1));
        x->nearness[i] = exp_of(-g->distance[i] / p->threat.strategic_range);
        x->remoteness[i] = 1 - exp_of(-g->distance[i] / p->bargain.proximity_range);
        x->trade_reach[i] = exp_of(-g->distance[i] / p->economy.trade_range) * currency;
        x->open_market[i] = x->hard * hard;
        x->speed[i] = pick((M)(x->open_market[i] > all(0)), all(p->economy.market_pace),
                           all(p->economy.price_drift));
        if (g->market[i] > 0)
            x->market[x->markets++] = i;
    }
    for (int k = 0; k < FACTIONS; k++) {
        V looks = all(0);
        EACH(j) looks += g->looks_to[k][j];
        x->militant[k] = positive(g->position[1][k]);
        x->discredited[k] = clip(g->position[1][k], 0, 1);
        x->alone[k] = 1 - min(all(1), looks);
    }
}

/* who frightens, blockades, pays and outweighs whom */
static void prepare_power(const World *w, Month *m)
{
    const Setting *g = &w->setting;
    const struct Parameters *p = &w->p;
    const Dated *d = &m->dated;
    V strength = d->capability;
    float world = total(strength);
    V reach = p->threat.reach * (1 + p->threat.power_reach * strength);
    EACH(i)
    {
        V own = all(strength[i]), both = own + strength;
        V power = strength / max(both, all(SMALL));
        V coast = p->coercion.enforcement * power * exp_of(-g->distance[i] / p->coercion.reach);
        m->power[i] = g->pair[i] * power;
        m->fright[i] = p->threat.hostility * m->power[i] * exp_of(-g->distance[i] / reach);
        m->enforcement[i] = g->pair[i] * min(all(1), coast);
        m->budget[i] = g->pair[i] * p->bargain.generosity * d->gdp
                       * positive(share_of(strength - own, both));
        m->rest[i] = p->affinity.base - p->affinity.likeness - p->affinity.rivalry * d->rivalry[i];
        m->per_others[i] = 1 / max(all(world) - both, all(SMALL));
        m->solvent[i] = max(one((M)(own > strength)) * g->actor, all(g->market[i]));
        m->diverts[i] = one((M)(strength < own)) * g->actor[i] * w->fixed.live;
        m->size[i] = p->bargain.base_value + p->bargain.size_value * root(own)[0];
    }
}

/* who needs and who has what; the same for all members, as capacities and needs are given */
static void prepare_goods(const World *w, Month *m)
{
    const Setting *g = &w->setting;
    const Fixed *x = &w->fixed;
    const struct Parameters *p = &w->p;
    const Dated *d = &m->dated;
    V priced = d->world_price;
    EACH(i)
    {
        V need = d->need[i];
        V value = need * priced;
        m->worth[i] = share_of(value, all(total(value)));
        m->firm[i] = m->worth[i] * x->firmness;
        m->per_need[i] = share_of(all(1), need);
        m->wanted[i] = positive(need - d->supply[i]);
        m->spare[i] = positive(d->supply[i] - need);
        m->ready[i] = p->economy.burst * m->spare[i];
        m->want[i] = g->storage * (need + d->supply[i]) * 0.5f;
    }
    EACH(i)
    {
        V value = m->wanted[i] * priced;
        V worth = share_of(value, all(total(value)));
        m->no_import[i] = all(total(worth) > 0 ? 0 : 1);
        EACH(j)
        {
            V deep = share_of(m->spare[j], m->spare[j] + p->economy.depth * m->wanted[i]);
            if (g->market[j] > 0)
                deep = all(1);
            m->deep[i][j] = deep * deep * g->trader[i][j];
            m->met[i][j] = worth * min(all(1), share_of(m->spare[j], m->wanted[i]));
        }
    }
    m->arms_price = total(priced * g->grant);
    m->arms_price = m->arms_price > SMALL ? m->arms_price : SMALL;
}

void prepare_world(World *w)
{
    prepare_setting(w);
    for (int t = 0; t < w->months; t++) {
        Month *m = &w->month[t];
        m->live_gdp = max(m->dated.gdp, all(SMALL));
        m->self_financed = one((M)(m->dated.capability >= all(w->p.economy.self_financed)));
        m->changes = any(m->dated.regime_weight);
        prepare_power(w, m);
        prepare_goods(w, m);
    }
}
