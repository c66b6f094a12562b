/* The ladder from demand to war, solved backwards, for the few months with a demand. */
#include "world.h"

typedef struct {
    float gain, loss, host, own, other, war_own, war_other;
} Stakes;

static float quantal(float x)
{
    return logistic(all(x))[0];
}

/* weights of each challenger's defenders; 0 without a demand */
static void find_opponents(const World *w, const Scene *f, Dyad against)
{
    EACH(i)
    {
        V demand = f->act[DEMAND][i];
        V weight = where((M)(demand > all(0)), demand * (f->threat[i] + SMALL)) * w->setting.pair[i];
        float most = top(weight);
        against[i] = most > 0 ? one((M)(weight >= all(most))) : all(0);
        float sum = total(against[i]);
        against[i] /= sum > 1 ? sum : 1;
    }
}

static Stakes find_stakes(const World *w, const Month *m, const Member *s, const Scene *f,
                          V against, int i, float *hosts)
{
    __typeof__(w->p.crisis) p = w->p.crisis;
    float exposure = total(against * f->exposure[i]), hostile = 0, held = 0;
    float shield = 0, power = 0, weaker = 0, other = 0;
    EACH(h)
    {
        hosts[h] = total(against * s->strategic[h]);
        held += hosts[h];
        hostile += hosts[h] * 0.5f * (1 - f->affinity[h][i]);
    }
    EACH(j)
    {
        if (!(against[j] > 0))
            continue;
        float weapons = 0, pledged = 0, mine = m->dated.capability[i];
        float both = mine + m->dated.capability[j];
        float share = both > SMALL ? m->dated.capability[j] / both : 0;
        EACH(h)
        {
            weapons += s->strategic[h][j];
            pledged += s->strategic[h][j] * s->pledge[h][j];
        }
        shield += against[j] * (weapons > SMALL ? pledged / weapons : 0);
        power += against[j] * share;
        weaker += against[j] * (1 - share);
        other += against[j] * p.audience * (1 + p.audience_liberal * 0.5f * (1 - f->place[0][j]));
    }
    float threat = total(against * f->threat[i]);
    return (Stakes){
        .gain = fmin1(p.stake_base + p.stake_threat * threat + p.stake_exposure * exposure),
        .loss = fmin1(p.stake_base + p.stake_pledge * shield + p.stake_held * exposure),
        .host = fmin1(exposure) * (held > SMALL ? hostile / held : 0),
        .own = p.audience * (1 + p.audience_liberal * 0.5f * (1 - f->place[0][i])),
        .other = other,
        .war_own = p.war_cost * (1 + power),
        .war_other = p.war_cost * (1 + weaker),
    };
}

/* rung and outcome of one crisis, by one uniform number */
static void climb(const World *w, Stakes k, float number, int *rung, int *outcome)
{
    __typeof__(w->p.crisis) p = w->p.crisis;
    float stand[RUNGS], up[RUNGS], slip[RUNGS], reach = 1, passed = 0;
    float mine = k.gain, his = -k.loss - k.other * (RUNGS - 1) / RUNGS;
    for (int r = RUNGS - 1; r > 0; r--) {
        float above = (r + 1) / (float)RUNGS;
        slip[r] = fmin1(p.accident * above * above * (1 + p.host_resolve * k.host));
        float climb_own = -slip[r] * k.war_own + (1 - slip[r]) * mine - p.effort * above;
        float climb_other = -slip[r] * k.war_other + (1 - slip[r]) * his;
        float run_own = -k.own * r / RUNGS, run_other = p.face * k.loss;
        up[r] = quantal(p.precision * (climb_own - run_own));
        float stand_own = up[r] * climb_own + (1 - up[r]) * run_own;
        float stand_other = up[r] * climb_other + (1 - up[r]) * run_other;
        float give_other = -k.loss - k.other * (r - 1) / RUNGS;
        stand[r] = quantal(p.precision * (stand_other - give_other));
        mine = stand[r] * stand_own + (1 - stand[r]) * k.gain;
        his = stand[r] * stand_other + (1 - stand[r]) * give_other;
    }
    *rung = 1;
    *outcome = RAN;
    for (int r = 1; r < RUNGS; r++) {
        float ends[3] = {reach * (1 - stand[r]), reach * stand[r] * (1 - up[r]),
                         reach * stand[r] * up[r] * slip[r]};
        for (int e = 0; e < 3; e++) {
            if (number >= passed && number < passed + ends[e]) {
                *rung = e == 2 ? r + 1 : r;
                *outcome = COMPLIED + e;
                return;
            }
            passed += ends[e];
        }
        reach *= stand[r] * up[r] * (1 - slip[r]);
    }
    if (number < passed + reach) {
        *rung = RUNGS - 1;
        *outcome = COMPLIED;
    }
}

static void play(const World *w, const Month *m, Member *s, const Draws *u, Scene *f)
{
    const Setting *g = &w->setting;
    __typeof__(w->p.crisis) p = w->p.crisis;
    Dyad against, fought, tense;
    V given = all(0), alone = all(0), held = all(0);
    find_opponents(w, f, against);
    EACH(i)
    {
        int rung = 0, outcome = 0;
        float hosts[STATES], opened = total(against[i]);
        fought[i] = tense[i] = all(0);
        if (!(opened > 0))
            continue;
        Stakes k = find_stakes(w, m, s, f, against[i], i, hosts);
        climb(w, k, u->end[i], &rung, &outcome);
        f->rung[i] = (float)rung;
        f->outcome[i] = (float)outcome;
        tense[i] = against[i] * ((float)rung / RUNGS);
        if (outcome == COMPLIED) {
            float haste = quantal(p.consult_base - p.consult_haste * rung);
            f->consulted[i] = u->consult[i] < haste;
            given += against[i];
            alone += against[i] * (1 - f->consulted[i]);
        } else {
            held += against[i];
            if (outcome == WAR)
                fought[i] = against[i];
        }
        if (rung >= 2)
            EACH(h) if (hosts[h] > SMALL) s->blockade[h][i] = max(s->blockade[h][i], g->contraband);
    }
    Dyad breach, fought_turned, tense_turned;
    EACH(h)
    {
        V hosted = g->pair[h] * min(all(1), s->strategic[h]);
        breach[h] = f->breach[h] = hosted * min(all(1), alone);
        f->stood[h] = hosted * min(all(1), held);
        s->strategic[h] *= 1 - min(all(1), given);
    }
    turn(breach, breach);
    turn(fought, fought_turned);
    turn(tense, tense_turned);
    EACH(i)
    {
        s->tension[i] += p.tension_rung * (tense[i] + tense_turned[i]);
        f->impulse[i] -= p.war_impulse * (fought[i] + fought_turned[i])
                         + p.breach_impulse * breach[i];
    }
}

void settle_crisis(const World *w, const Month *m, Member *s, const Draws *u, Scene *f)
{
    __typeof__(w->p.crisis) p = w->p.crisis;
    Dyad turned;
    turn(f->impulse, turned);
    EACH(i)
    {
        V hostile = positive(-(f->impulse[i] + turned[i]));
        s->tension[i] = s->tension[i] * (1 - p.tension_decay) + p.tension_event * hostile;
    }
    if (f->crises) {
        f->rung = f->outcome = f->consulted = all(0);
        EACH(i) f->breach[i] = f->stood[i] = all(0);
    }
    f->crises = HAS(f, DEMAND);
    if (f->crises)
        play(w, m, s, u, f);
    EACH(i) s->tension[i] = w->setting.pair[i] * clip(s->tension[i], 0, 1);
}
