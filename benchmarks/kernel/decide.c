/* Choice of acts by a conditional logit, one draw for each pair; what is done to whom. */
#include "world.h"

#define SCALE 10.0f

/* drivers of one actor, lanes: targets; in the order of the table */
static void find_drivers(const Month *m, const Member *s, const Scene *f, int i,
                         V *x)
{
    V value = column(f->value, i) / m->live_gdp[i];
    float most = top(value);
    most = most > SMALL ? most : SMALL;
    x[0] = f->affinity[i];
    x[1] = f->affinity_turned[i];
    x[2] = f->threat[i];
    x[3] = f->dependence[i];
    x[4] = f->credibility[i];
    x[5] = column(f->credibility, i);
    x[6] = value / (value + most) * 2;
    x[7] = all(total(s->shortage[i]) / GOODS);
    x[8] = f->hot;
    x[9] = 0.5f * root(f->gap[i]);
    x[10] = s->tension[i];
    x[11] = all(fmax0(f->place[1][i]));
}

/* where each precondition holds, lanes: targets; in the order of the header */
static void find_preconditions(const World *w, const Month *m, const Member *s, int i, M *holds)
{
    V envoy = s->envoy[i], strength = m->dated.capability;
    V against[STATES];
    EACH(j) against[j] = s->embargo[j][i];
    M none = (M)(envoy >= all(0));
    M with = (M)(envoy >= all(1));
    M stronger = (M)(all(strength[i]) > strength);
    M pledged = (M)(column(s->pledge, i) >= all(0.5f));
    M embargoed = (M)(sum_rows(against, STATES) / GOODS >= all(0.5f));
    M market = (M)(w->setting.market > all(0));
    holds[IF_NONE] = none;
    holds[IF_NO_ENVOY] = (M)(envoy < all(1));
    holds[IF_CHARGE] = with & (M)(envoy < all(2));
    holds[IF_ENVOY] = with;
    holds[IF_STRONGER] = stronger;
    holds[IF_PATRON] = stronger & with;
    holds[IF_PLEDGED] = pledged;
    holds[IF_MEMBER] = stronger & pledged;
    holds[IF_DEPLOYED] = (M)(column(s->strategic, i) > all(0));
    holds[IF_EMBARGOED] = embargoed;
    holds[IF_NO_EMBARGO] = ~embargoed;
    holds[IF_FOE] = (stronger & (M)(s->agreement[i] < all(0.5f))) | market;
}

static void choose(const World *w, const Month *m, const Member *s, const Draws *u, Scene *f,
                   int i)
{
    V driver[DRIVERS], upper[KINDS], sum = all(1);
    M holds[PRECONDITIONS];
    M pair = (M)(w->setting.pair[i] > all(0)), trader = (M)(w->setting.trader[i] > all(0));
    find_drivers(m, s, f, i, driver);
    find_preconditions(w, m, s, i, holds);
    for (int k = 0; k < KINDS; k++) {
        V appeal = all(w->table.base[k]);
        for (int d = 0; d < DRIVERS; d++)
            appeal += w->table.weights[k][d] * driver[d];
        int condition = w->table.precondition[k];
        M possible = holds[condition] & (condition == IF_FOE ? trader : pair);
        if (m->restricted)
            EACH(j) possible[j] &= -(int32_t)(m->allowed[i][j] >> k & 1u);
        sum += where(possible, exp_of(min(appeal, all(20))));
        upper[k] = sum;
    }
    V point = u->pick[i] * sum;
    M chosen = (M)(point < all(1)); /* −1 where nothing is done, else the instrument's number */
    for (int k = 0; k + 1 < KINDS; k++)
        chosen -= (M)(point >= upper[k]);
    EACH(j)
    {
        int32_t forced = m->forced[i][j];
        f->choice[i][j] = forced >= 0 ? forced : chosen[j];
    }
}

static void add(Scene *f, int kind, int actor, int target, float intensity)
{
    f->act[kind][actor][target] += intensity;
    f->present |= 1u << kind;
}

void decide(const World *w, const Month *m, const Member *s, const Draws *u, Scene *f)
{
    for (int k = 0; k < KINDS; k++)
        if (HAS(f, k))
            EACH(i) f->act[k][i] = all(0);
    f->present = 0;
    EACH(i) f->impulse[i] = m->dated.goldstein[i];
    for (int n = m->first_act; n < m->last_act; n++) {
        const Act *a = &w->acts[n];
        add(f, a->kind, a->actor, a->target, a->intensity);
    }
    for (int n = 0; n < w->table.choosers; n++) {
        int i = w->table.chooser[n];
        EACH(j) f->choice[i][j] = m->forced[i][j];
        if (m->dated.may_choose[i] > 0)
            choose(w, m, s, u, f, i);
        EACH(j)
        {
            int kind = f->choice[i][j];
            if (kind < 0)
                continue;
            add(f, kind, i, j, 1);
            f->impulse[i][j] += w->table.goldstein[kind];
        }
    }
    EACH(i) f->impulse[i] /= SCALE;
    if (HAS(f, EMBARGO) || HAS(f, BLOCKADE) || HAS(f, LIFT)) {
        EACH(i) f->scoped[i] = sum_rows(m->dated.scope[i], STATES);
    } else {
        EACH(i) f->scoped[i] = all(0);
    }
}
