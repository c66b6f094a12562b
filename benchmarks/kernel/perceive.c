/* What every state perceives before anybody acts: threats, open trade, dependence, bargains. */
#include "world.h"

void perceive_threat(const World *w, const Month *m, const Member *s, Scene *f)
{
    const Setting *g = &w->setting;
    __typeof__(w->p.threat) p = w->p.threat;
    Dyad shield;
    V armed = all(0);
    EACH(i) armed = max(armed, s->strategic[i]);
    int weapons = any(armed);
    EACH(i)
    {
        V intent = 0.5f * (1 - f->affinity_turned[i]), exposure = all(0);
        if (weapons)
            EACH(l) exposure += w->fixed.nearness[i][l] * s->strategic[l];
        f->exposure[i] = exposure * g->pair[i];
        f->threat[i] = m->fright[i] * intent
                       + g->pair[i] * (p.strategic_threat * f->exposure[i] * intent
                                       + p.tension_threat * s->tension[i]);
        V backing = min(all(1), s->pledge[i] + p.tripwire * s->deployed[i]);
        shield[i] = m->power[i] * f->credibility[i] * backing;
    }
    f->protection = sum_rows(shield, STATES);
    f->insecurity = sum_rows(f->threat, STATES) * exp_of(-p.shield * f->protection);
}

/* Share of shipments that get through. Few embargoes and blockades stand at a time: only those
 * that do cost anything here. */
static void find_access(const World *w, const Month *m, const Member *s, Scene *f)
{
    const Setting *g = &w->setting;
    __typeof__(w->p.coercion) p = w->p.coercion;
    V passing[STATES];
    int senders[STATES], sender[STATES][STATES];
    f->embargoed = 0;
    EACH(i)
    {
        passing[i] = all(1);
        senders[i] = 0;
        EACH(j)
        {
            if (any(s->blockade[i][j]))
                passing[i] *= 1 - s->blockade[i][j] * m->enforcement[i][j];
            if (any(s->embargo[i][j]))
                sender[i][senders[i]++] = j;
        }
        f->embargoed |= (senders[i] > 0) << i;
    }
    EACH(i) EACH(j)
    {
        V open = g->trader[i][j] * passing[i] * passing[j];
        open *= 1 - (1 - p.leakage) * s->embargo[j][i];
        f->access[i][j] = open * (1 - (1 - p.leakage) * s->embargo[i][j]);
    }
    EACH(i) for (int k = 0; k < senders[i]; k++)
    {
        int from = sender[i][k];
        EACH(j)
        f->access[i][j] *= 1 - p.cooperation * s->compliance[j][from] * s->embargo[i][from];
    }
}

void perceive_coercion(const World *w, const Month *m, const Member *s, Scene *f)
{
    find_access(w, m, s, f);
}

void settle_coercion(const World *w, const Month *m, Member *s, Scene *f)
{
    __typeof__(w->p.coercion) p = w->p.coercion;
    const Setting *g = &w->setting;
    int acted = HAS(f, EMBARGO) || HAS(f, BLOCKADE) || HAS(f, LIFT);
    EACH(i) EACH(j)
    {
        V embargo = s->embargo[i][j] * (1 - p.embargo_decay);
        V blockade = s->blockade[i][j] * (1 - p.blockade_decay);
        if (acted) {
            V scope = f->scoped[j][i] > 0 ? m->dated.scope[j][i] : w->fixed.goods;
            V kept = 1 - fmin1(f->act[LIFT][j][i]) * scope;
            V asked = p.severity * fmin1(f->act[EMBARGO][j][i]) * scope;
            embargo = max(embargo, asked) * kept;
            blockade = max(blockade, fmin1(f->act[BLOCKADE][j][i]) * scope) * kept;
        }
        s->embargo[i][j] = g->trader[i][j] * embargo;
        s->blockade[i][j] = g->trader[i][j] * blockade;
    }
    find_access(w, m, s, f);
}

void perceive_dependence(const World *w, const Month *m, const Member *s, Scene *f)
{
    const Setting *g = &w->setting;
    __typeof__(w->p.dependence) p = w->p.dependence;
    Dyad supplier, sold, sold_turned, value, both;
    V all_sold = all(0);
    EACH(i)
    {
        V covered[STATES], open[STATES], plain[STATES];
        EACH(j)
        {
            V sent = s->contract[i][j] * f->access[i][j];
            covered[j] = m->firm[i] * min(all(1), sent * m->per_need[i]);
            plain[j] = s->contract[i][j] * s->price[i][j];
            open[j] = plain[j] * f->access[i][j] * w->fixed.ease;
        }
        supplier[i] = sum_rows(covered, STATES);
        sold[i] = sum_rows(open, STATES);
        value[i] = sum_rows(plain, STATES);
        all_sold += value[i];
    }
    turn(sold, sold_turned);
    turn(s->trade, both);
    EACH(i)
    {
        float customers = all_sold[i] + p.market_scale * m->live_gdp[i];
        V market = share_of(sold_turned[i], all(customers));
        V trade = min(all(1), p.supply_weight * supplier[i] + (1 - p.supply_weight) * market);
        V given = positive(s->transfer[i]);
        V aid = given / (given + p.aid_scale * m->live_gdp[i]);
        f->dependence[i] = g->pair[i] * (1 - (1 - trade) * (1 - aid));
        both[i] += s->trade[i];
    }
    V whole = sum_rows(both, STATES);
    EACH(i) f->trade_share[i] = g->trader[i] * share_of(both[i], all(whole[i]));
}

/* what a fully compliant client is worth to each patron */
static void find_value(const World *w, const Month *m, const Member *s, Scene *f)
{
    __typeof__(w->p.bargain) p = w->p.bargain;
    float range = 1 / (2 * p.likeness_range * p.likeness_range);
    Dyad rivals; /* [other][patron]: rivalry is the same both ways */
    f->hot = all(0);
    EACH(q)
    {
        rivals[q] = 0.5f * m->dated.rivalry[q] * (1 - f->affinity_turned[q]);
        f->hot = max(f->hot, rivals[q]);
    }
    EACH(i)
    {
        V near = 1 - w->fixed.remoteness[i] * (1 - s->orientation[i]);
        near *= w->setting.pair[i];
        V contested = all(0);
        EACH(q) contested += near[q] * rivals[q];
        V worth = p.likeness_value * exp_of(-f->gap[i] * range) + m->size[i]
                  + (p.rivalry_value + p.loyalty_value * f->affinity_turned[i]) * contested;
        f->value[i] = m->budget[i] * positive(worth) * (1 + s->favour[i]);
    }
}

void perceive_bargain(const World *w, const Month *m, const Member *s, Scene *f)
{
    __typeof__(w->p.bargain) p = w->p.bargain;
    Dyad offer, turned;
    V first = all(0), second = all(0); /* the two best offers that each client has */
    find_value(w, m, s, f);
    EACH(i)
    {
        V resistance = w->setting.autonomy[i] * m->dated.gdp[i] * f->gap[i];
        V efficient = min(all(1), f->value[i] / max(resistance, all(SMALL)));
        V surplus = efficient * (f->value[i] - 0.5f * resistance * efficient);
        V met[STATES];
        EACH(j) met[j] = m->met[i][j] * f->access[i][j];
        V supply = max(sum_rows(met, STATES), m->no_import[i]);
        V opened = s->agreement[i] * min(all(1), s->envoy[i]);
        f->efficient[i] = efficient;
        f->surplus[i] = surplus * opened * supply;
        f->outside[i] = surplus; /* until the offers are known */
        f->due[i] = opened;
        offer[i] = f->surplus[i] * f->credibility[i] * 0.5f * (1 + f->affinity[i]);
    }
    turn(offer, turned);
    EACH(j)
    {
        second = max(second, min(first, turned[j]));
        first = max(first, turned[j]);
    }
    EACH(i)
    {
        V resistance = w->setting.autonomy[i] * m->dated.gdp[i] * f->gap[i];
        V cost = 0.5f * resistance * f->efficient[i] * f->efficient[i];
        V surplus = f->outside[i];
        V best = pick((M)(offer[i] >= all(first[i])), all(second[i]), all(first[i]));
        V outside = min(best * (1 - p.switching_cost * f->dependence[i]), surplus);
        V shielded = p.protection_price * m->dated.gdp[i] * f->insecurity[i] * f->credibility[i];
        V pay = outside + p.client_share * (surplus - outside) + cost - shielded * s->pledge[i];
        f->outside[i] = outside;
        f->due[i] *= positive(pay);
    }
}
