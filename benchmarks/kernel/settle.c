/* Relations, pledges, blocs and the bargain after this month's acts. */
#include "world.h"

INLINE float both(const Scene *f, int kind, int i, int j)
{
    return fmin1(f->act[kind][i][j] + f->act[kind][j][i]);
}

INLINE float mean_of(V x) { return total(x) / GOODS; }

/* envoys, agreement and what is learnt, for a pair towards which something was done */
static void meet(const World *w, const Month *m, Member *s, Scene *f, int i, int j, float *learnt)
{
    __typeof__(w->p.diplomacy) p = w->p.diplomacy;
    float envoy = s->envoy[i][j], raised = 2 * both(f, OPEN_EMBASSY, i, j);
    float charge = both(f, RECOGNISE, i, j), severed = both(f, SEVER_RELATIONS, i, j);
    float signing = both(f, TRADE_AGREEMENT, i, j), agreement = s->agreement[i][j], cut = 0;
    envoy = envoy > charge ? envoy : charge;
    envoy = envoy > raised ? envoy : raised;
    if (both(f, EXPEL, i, j) > 0)
        envoy = fmin1(envoy);
    if (severed > 0)
        envoy = 0;
    if (HAS(f, EMBARGO)) {
        float mine = f->scoped[i][j] > 0 ? mean_of(m->dated.scope[i][j]) : 1;
        float other = f->scoped[j][i] > 0 ? mean_of(m->dated.scope[j][i]) : 1;
        cut = fmin1(f->act[EMBARGO][i][j] * mine + f->act[EMBARGO][j][i] * other);
    }
    agreement += signing * (1 - agreement);
    agreement *= (1 - p.embargo_breaks * cut) * (1 - p.rupture_breaks * severed);
    *learnt = p.visit_information * (f->act[STATE_VISIT][i][j] + f->act[STATE_VISIT][j][i]);
    s->envoy[i][j] = envoy;
    s->agreement[i][j] = agreement;
}

void settle_diplomacy(const World *w, const Month *m, Member *s, Scene *f)
{
    const Setting *g = &w->setting;
    __typeof__(w->p.diplomacy) p = w->p.diplomacy;
    const uint32_t touching = 1u << RECOGNISE | 1u << OPEN_EMBASSY | 1u << EXPEL
                              | 1u << SEVER_RELATIONS | 1u << TRADE_AGREEMENT | 1u << EMBARGO
                              | 1u << STATE_VISIT;
    Dyad visits = {{0}};
    if (f->present & touching)
        EACH(i) EACH(j)
        {
            float learnt;
            meet(w, m, s, f, i, j, &learnt);
            visits[i][j] = learnt;
        }
    EACH(i)
    {
        V learnt = min(all(1), visits[i] + p.envoy_information * 0.5f * s->envoy[i]);
        V known = s->information[i] * (1 - p.forgetting) + (1 - s->information[i]) * learnt;
        s->envoy[i] *= g->pair[i];
        s->agreement[i] = g->trader[i] * clip(s->agreement[i], 0, 1);
        s->information[i] = g->pair[i] * clip(known, 0, 1);
    }
    if (HAS(f, TRADE_AGREEMENT)) {
        turn(f->act[TRADE_AGREEMENT], f->signed_now);
        EACH(i) f->signed_now[i] += f->act[TRADE_AGREEMENT][i];
    } else {
        EACH(i) f->signed_now[i] = all(0);
    }
}

void settle_threat(const World *w, Member *s, Scene *f)
{
    const Setting *g = &w->setting;
    __typeof__(w->p.threat) p = w->p.threat;
    const uint32_t touching = 1u << PLEDGE | 1u << SEVER_RELATIONS | 1u << ARMS_TRANSFER
                              | 1u << DEPLOY_STRATEGIC | 1u << WITHDRAW_STRATEGIC;
    if (!(f->present & touching)) {
        EACH(i)
        {
            s->pledge[i] *= g->pair[i];
            s->deployed[i] = g->pair[i] * min(all(1), s->deployed[i] * (1 - p.forces_decay));
            s->strategic[i] = g->pair[i] * min(all(p.strategic_limit), s->strategic[i]);
        }
        return;
    }
    EACH(i) EACH(j)
    {
        float kept = g->pair[i][j] * (1 - both(f, SEVER_RELATIONS, i, j));
        float sent = f->act[DEPLOY_STRATEGIC][j][i], pledge = s->pledge[i][j];
        float forces = s->deployed[i][j] * (1 - p.forces_decay)
                       + p.forces_step * (f->act[ARMS_TRANSFER][j][i] + sent);
        float weapons = s->strategic[i][j] + p.strategic_step * sent;
        pledge += p.pledge_step * fmin1(f->act[PLEDGE][j][i]) * (1 - pledge);
        weapons *= 1 - fmin1(f->act[WITHDRAW_STRATEGIC][j][i]);
        weapons = weapons < p.strategic_limit ? weapons : p.strategic_limit;
        s->pledge[i][j] = kept * pledge;
        s->deployed[i][j] = kept * fmin1(forces);
        s->strategic[i][j] = g->pair[i][j] * weapons;
    }
}

/* the faction of i nearest to j's place takes over, to the degree that j intervenes */
static void take_over(const World *w, Member *s, const Scene *f, const Dyad forced, int i)
{
    float installed[FACTIONS] = {0}, strength = 0, sum = 0;
    EACH(j)
    {
        float least = 1e30f, far[FACTIONS], ties = 0;
        if (!(forced[i][j] > 0))
            continue;
        strength += forced[i][j];
        for (int k = 0; k < FACTIONS; k++) {
            float x = w->setting.position[0][k][i] - f->place[0][j];
            float y = w->setting.position[1][k][i] - f->place[1][j];
            far[k] = x * x + y * y;
            least = far[k] < least ? far[k] : least;
        }
        for (int k = 0; k < FACTIONS; k++)
            ties += far[k] <= least;
        for (int k = 0; k < FACTIONS; k++)
            installed[k] += far[k] <= least ? forced[i][j] / ties : 0;
    }
    for (int k = 0; k < FACTIONS; k++)
        sum += installed[k];
    strength = w->p.bloc.takeover * fmin1(strength);
    for (int k = 0; k < FACTIONS; k++) {
        float to = sum > SMALL ? installed[k] / sum : 0;
        s->share[k][i] = s->share[k][i] * (1 - strength) + strength * to;
    }
}

static void answer(const World *w, Member *s, const Draws *u, Scene *f)
{
    const Setting *g = &w->setting;
    __typeof__(w->p.bloc) p = w->p.bloc;
    Dyad forced;
    V hegemon = all(0), struck = all(0);
    float range = 1 / (2 * p.likeness_range * p.likeness_range);
    turn(f->act[INTERVENE], forced);
    EACH(i)
    {
        forced[i] = g->pair[i] * min(all(1), forced[i])
                    * one((M)(s->pledge[i] >= all(p.membership)));
        hegemon = max(hegemon, forced[i]);
        struck[i] = total(forced[i]);
    }
    EACH(i)
    {
        V similar = exp_of(-f->gap[i] * range);
        V drift = positive(root(f->gap[i]) - p.tolerance);
        V endorse = exp_of(p.endorse_base + p.endorse_dependence * f->dependence[i]
                           + p.endorse_likeness * similar
                           + p.endorse_insecurity * f->insecurity[i]);
        V denounce = exp_of(p.denounce_base + p.denounce_unlike * (1 - similar)
                            + p.denounce_fear * s->pledge[i] * drift);
        V whole = 1 + endorse + denounce, number = all(u->answer[i]);
        V asked = g->pair[i] * hegemon * (1 - fmin1(struck[i])) * min(all(1), s->envoy[i]);
        f->endorsed[i] = asked * one((M)(number < endorse / whole));
        f->denounced[i] = asked * one((M)(number > 1 - denounce / whole));
        f->impulse[i] += p.endorse_impulse * f->endorsed[i] - p.denounce_impulse * f->denounced[i];
        if (struck[i] > 0)
            take_over(w, s, f, forced, i);
    }
}

void settle_bloc(const World *w, Member *s, const Draws *u, Scene *f)
{
    __typeof__(w->p.bloc) p = w->p.bloc;
    if (f->answers)
        EACH(i) f->endorsed[i] = f->denounced[i] = all(0);
    f->answers = HAS(f, INTERVENE);
    if (f->answers)
        answer(w, s, u, f);
    EACH(i)
    {
        V favour = s->favour[i] * (1 - p.favour_decay);
        if (f->answers)
            favour += p.repay * (f->endorsed[i] - f->denounced[i]);
        s->favour[i] = w->setting.pair[i] * clip(favour, p.favour_floor, p.favour_limit);
    }
}

void settle_bargain(const World *w, const Month *m, Member *s, const Draws *u, Scene *f)
{
    const Setting *g = &w->setting;
    __typeof__(w->p.bargain) p = w->p.bargain;
    V noise = exp_of(p.transfer_noise * u->budget - 0.5f * p.transfer_noise * p.transfer_noise);
    float own = exp_of(all(p.independence))[0];
    int signing = HAS(f, TRADE_AGREEMENT) || HAS(f, CREDIT);
    Dyad weight, granted;
    if (HAS(f, CREDIT))
        turn(f->act[CREDIT], granted);
    EACH(i)
    {
        V appeal = p.surplus_pull * f->surplus[i] / m->live_gdp[i]
                   + p.affinity_pull * f->affinity[i];
        M open = (M)(g->pair[i] * min(all(1), s->envoy[i]) > all(0));
        weight[i] = where(open, exp_of(min(appeal, all(p.appeal_limit))));
    }
    V sum = 1 / (sum_rows(weight, STATES) + own);
    EACH(i)
    {
        float renewed = p.renewal * fmin1(f->upheaval[i]);
        float swift = p.compliance_pace > renewed ? p.compliance_pace : renewed;
        V pace = p.pace * (1 + p.information_pace * s->information[i]);
        if (signing)
            pace += p.signing_pace
                    * (f->signed_now[i] + (HAS(f, CREDIT) ? granted[i] : all(0)));
        pace = max(min(all(1), pace), all(renewed));
        V held = s->orientation[i] + pace * (weight[i] * sum[i] - s->orientation[i]);
        if (HAS(f, COURT_RIVAL)) {
            V courted = p.court_step * min(all(1), f->act[COURT_RIVAL][i]);
            held += courted * (1 - total(held));
        }
        V willing = clip(p.goodwill + f->affinity[i] - p.slighted * s->grievance[i], 0, 1);
        V comply = s->compliance[i];
        comply += swift * (held * f->efficient[i] * willing - comply);
        V due = held * f->due[i] * noise;
        s->compliance[i] = g->pair[i] * clip(comply, 0, 1);
        s->transfer[i] = g->pair[i] * (s->transfer[i] + pace * (due - s->transfer[i]));
        weight[i] = g->pair[i] * clip(held, 0, 1);
    }
    sum = sum_rows(weight, STATES);
    EACH(i) s->orientation[i] = weight[i] / (sum[i] > 1 ? sum[i] : 1);
}
