/* Rulers, factions, movements abroad, the record of promises, liking. */
#include "world.h"

/* what each faction's line has delivered; lanes: states */
static void find_fitness(const World *w, const Month *m, const Member *s, const Scene *f,
                         V *fitness)
{
    const Setting *g = &w->setting;
    __typeof__(w->p.domestic) p = w->p.domestic;
    Dyad service, believed, turned;
    V cause = all(0), most = all(0);
    EACH(i)
    {
        float scale = 1 / (p.benefit_scale * m->live_gdp[i]);
        V paid = tanh_of(positive(s->transfer[i]) * scale);
        service[i] = (p.paid * paid + p.trusted * (f->credibility[i] - 0.5f)
                      - p.hurt * (f->threat[i] + f->coerced[i]))
                     * min(all(1), s->envoy[i] + p.absent);
        believed[i] = s->orientation[i] * f->credibility[i];
        cause += s->insurgency[i];
    }
    turn(s->compliance, turned);
    EACH(j) most = max(most, turned[j]);
    turn(service, turned);
    V fear = min(all(1), f->insecurity);
    V belief = share_of(sum_rows(believed, STATES), sum_rows(s->orientation, STATES));
    V unshielded = p.unshielded * fear * (1 - belief) + p.cause * cause;
    V lonely = p.alone * fear + p.resentment * most;
    for (int k = 0; k < FACTIONS; k++) {
        fitness[k] = w->fixed.militant[k] * unshielded + w->fixed.alone[k] * lonely;
        EACH(j) fitness[k] += g->looks_to[k][j] * turned[j];
        fitness[k] = where((M)(s->share[k] > all(0)), fitness[k]);
    }
}

static V sum_of(const V *x)
{
    V sum = all(0);
    for (int k = 0; k < FACTIONS; k++)
        sum += x[k];
    return sum;
}

static void compete(const World *w, const Month *m, const Member *s, const Scene *f, V *share)
{
    __typeof__(w->p.domestic) p = w->p.domestic;
    V fitness[FACTIONS], mean = all(0), alive[FACTIONS];
    find_fitness(w, m, s, f, fitness);
    for (int k = 0; k < FACTIONS; k++) {
        mean += s->share[k] * fitness[k];
        alive[k] = one((M)(s->share[k] > all(0)));
    }
    for (int k = 0; k < FACTIONS; k++)
        share[k] = s->share[k] * exp_of(p.selection * (fitness[k] - mean));
    if (HAS(f, PURGE)) {
        Dyad purged;
        turn(f->act[PURGE], purged);
        for (int k = 0; k < FACTIONS; k++) {
            V aimed = all(0);
            EACH(j) aimed += w->setting.looks_to[k][j] * min(all(1), purged[j]);
            share[k] *= 1 - p.purge * min(all(1), aimed);
        }
    }
    V per = 1 / max(sum_of(share), all(SMALL));
    V anew = p.mutation / max(sum_of(alive), all(1));
    for (int k = 0; k < FACTIONS; k++)
        share[k] = (1 - p.mutation) * share[k] * per + alive[k] * anew;
}

/* militant minorities that leave; returns what left */
static V leave(const World *w, const Draws *u, const Scene *f, V *share)
{
    __typeof__(w->p.domestic) p = w->p.domestic;
    V hazard[FACTIONS], gone = all(0);
    for (int k = 0; k < FACTIONS; k++) {
        V x = w->setting.position[0][k] - f->place[0], y = w->setting.position[1][k] - f->place[1];
        V far = positive(root(x * x + y * y) - p.exit_distance);
        M minority = (M)(share[k] > all(p.exit_minimum)) & (M)(share[k] < all(0.5f));
        hazard[k] = where(minority, p.exit_rate * far * w->fixed.militant[k]);
    }
    V sum = sum_of(hazard);
    M leaves = (M)(u->exit < sum);
    for (int k = 0; k < FACTIONS; k++) {
        V part = where(leaves, p.exit_share * share[k] * share_of(hazard[k], sum));
        share[k] -= part;
        gone += part;
    }
    V per = 1 / max(sum_of(share), all(SMALL));
    for (int k = 0; k < FACTIONS; k++)
        share[k] *= per;
    return gone;
}

void react_domestic(const World *w, const Month *m, Member *s, const Draws *u, Scene *f)
{
    __typeof__(w->p.domestic) p = w->p.domestic;
    const Setting *g = &w->setting;
    V short_of[STATES], share[FACTIONS], most = all(0), kept[FACTIONS];
    EACH(i)
    {
        short_of[i] = m->worth[i] * s->shortage[i];
        f->coerced[i] = all(0);
        if (f->embargoed & 1 << i) {
            V cut[STATES];
            EACH(j) cut[j] = s->embargo[i][j] * m->worth[i];
            f->coerced[i] = sum_rows(cut, STATES);
        }
    }
    V rest = p.content + p.growth * (f->output - 1) - p.hardship * sum_rows(short_of, STATES)
             + p.rally * min(all(1), f->insecurity);
    V support = s->support + p.support_pace * (rest - s->support) + p.noise * u->spirit;
    V free = m->dated.may_choose * g->actor;
    M may = (M)(free > all(0));
    compete(w, m, s, f, share);
    f->exit = leave(w, u, f, share) * free;
    f->fall = one((M)(u->fall < p.fall_rate * logistic(-p.fall_slope * support) * free)) * g->actor;
    M falls = (M)(f->fall > all(0));
    for (int k = 0; k < FACTIONS; k++) {
        share[k] = pick(may, share[k], s->share[k]);
        most = max(most, share[k]);
    }
    for (int k = 0; k < FACTIONS; k++)
        kept[k] = share[k] * pick((M)(share[k] >= most), all(p.fall_keeps), all(1));
    V sum = sum_of(kept);
    M some = falls & (M)(sum > all(SMALL));
    for (int k = 0; k < FACTIONS; k++)
        s->share[k] = pick(some, kept[k] / max(sum, all(SMALL)), share[k]);
    s->support = pick(falls, all(p.content), support) * g->actor;
}

/* where those who left go: one target to each sponsor */
static void send_exiles(const World *w, const Month *m, const Draws *u, const Scene *f, V weak,
                        Dyad sent)
{
    __typeof__(w->p.revolution) p = w->p.revolution;
    V strength = m->dated.capability, sum = all(0), passed = all(0);
    Dyad weight;
    EACH(k)
    {
        weight[k] = w->setting.pair[k] * weak[k] * exp_of(-p.affinity_choice * f->affinity_turned[k])
                    * positive(strength * p.reach_choice - strength[k]);
        sum += weight[k];
    }
    V per = 1 / max(sum, all(SMALL));
    EACH(k)
    {
        V upper = passed + weight[k] * per;
        M here = (M)(u->where >= passed) & (M)(u->where < upper);
        sent[k] += where(here, p.exile_seed * f->exit);
        passed = upper;
    }
}

/* the target's factions nearest to the winners take over there */
static void overthrow(const World *w, Member *s, const Scene *f, int k)
{
    float taken[FACTIONS] = {0}, sum = 0;
    EACH(j)
    {
        float far[FACTIONS], least = 1e30f, ties = 0;
        if (!(f->won[k][j] > 0))
            continue;
        for (int q = 0; q < FACTIONS; q++) {
            float x = w->setting.position[0][q][k] - f->place[0][j];
            float y = w->setting.position[1][q][k] - f->place[1][j];
            far[q] = x * x + y * y;
            least = far[q] < least ? far[q] : least;
        }
        for (int q = 0; q < FACTIONS; q++)
            ties += far[q] <= least;
        for (int q = 0; q < FACTIONS; q++)
            taken[q] += far[q] <= least ? 1 / ties : 0;
    }
    for (int q = 0; q < FACTIONS; q++)
        sum += taken[q];
    for (int q = 0; q < FACTIONS; q++)
        s->share[q][k] = taken[q] / sum;
}

void react_revolution(const World *w, const Month *m, Member *s, const Draws *u, Scene *f)
{
    const Setting *g = &w->setting;
    __typeof__(w->p.revolution) p = w->p.revolution;
    V support = logistic(s->support), alive = all(0), defeats = all(0), moving = all(0);
    Dyad sent, displeased;
    if (HAS(f, SPONSOR_INSURGENCY)) {
        turn(f->act[SPONSOR_INSURGENCY], sent);
        EACH(k) sent[k] *= p.seed;
    } else {
        EACH(k) sent[k] = all(0);
    }
    if (any(f->exit))
        send_exiles(w, m, u, f, 1 - support, sent);
    EACH(k) moving = max(moving, max(s->insurgency[k], sent[k]));
    EACH(k) f->won[k] = f->ended[k] = all(0);
    if (any(moving))
        EACH(k)
        {
            V y = s->insurgency[k];
            V grown = y + p.growth * y * (1 - y) * (1 - support[k])
                      - p.counter * y * (support[k] + p.backing * f->protection[k]);
            grown = grown * (1 + p.noise * u->luck[k]) + sent[k];
            grown = g->trader[k] * g->actor * clip(grown, 0, 1);
            V chance = p.success * grown * grown;
            M thrives = (M)(grown >= all(p.extinct));
            float best = top(chance), won = 0;
            if (u->win[k] < total(chance) && best > 0) {
                f->won[k] = one((M)(chance >= all(best * (1 - SMALL))) & (M)(chance > all(0)));
                overthrow(w, s, f, k);
                won = 1;
            }
            f->ended[k] = where(~thrives & (M)(y >= all(p.extinct)), 1 - f->won[k]);
            defeats += f->ended[k];
            s->insurgency[k] = where(thrives, grown) * (1 - won);
            alive += s->insurgency[k];
        }
    V lost = p.defeat * min(all(1), defeats);
    for (int q = 0; q < FACTIONS; q++)
        s->share[q] *= 1 - lost * w->fixed.discredited[q];
    V per = 1 / max(sum_of(s->share), all(SMALL));
    for (int q = 0; q < FACTIONS; q++)
        s->share[q] *= per;
    if (any(alive)) {
        EACH(j) displeased[j] = s->orientation[j] * root(f->gap[j]) * alive[j];
        turn(displeased, displeased);
        EACH(i) f->impulse[i] -= p.disapproval * displeased[i] * g->pair[i];
    }
}

void react_credibility(const World *w, Member *s, Scene *f)
{
    const Setting *g = &w->setting;
    __typeof__(w->p.credibility) p = w->p.credibility;
    V worst = all(0);
    if (f->crises)
        EACH(i) worst = max(worst, f->breach[i]);
    EACH(i)
    {
        V tie = p.monthly * max(s->pledge[i], s->agreement[i]);
        V kept = s->kept[i] * p.memory + tie * f->fulfilled[i];
        V broken = s->broken[i] * p.memory + tie * (1 - f->fulfilled[i]);
        if (f->crises) {
            V seen = where(~(M)(f->breach[i] > all(0)), worst) * p.spectator * s->pledge[i];
            kept += p.stood_weight * f->stood[i];
            broken += p.breach_weight * (f->breach[i] + seen);
        }
        s->kept[i] = g->pair[i] * kept;
        s->broken[i] = g->pair[i] * broken;
    }
}

void react_affinity(const World *w, const Month *m, Member *s, const Draws *u, Scene *f)
{
    const Setting *g = &w->setting;
    __typeof__(w->p.affinity) p = w->p.affinity;
    float range = 1 / (2 * p.likeness_range * p.likeness_range);
    Dyad other, impulse;
    turn(s->disposition, other);
    turn(f->impulse, impulse);
    EACH(i)
    {
        V weighed = f->affinity[i] * m->dated.capability, common = all(0);
        EACH(k) common += weighed[k] * f->affinity_turned[k];
        float scale = 1 / (p.benefit_scale * m->live_gdp[i]);
        V rest = m->rest[i] + 2 * p.likeness * exp_of(-f->gap[i] * range)
                 + p.balance * common * m->per_others[i]
                 + p.benefit * tanh_of(positive(s->transfer[i]) * scale)
                 - p.threat * f->threat[i] - p.coerced * f->coerced[i];
        float renewed = p.renewal * fmin1(f->upheaval[i]);
        float pace = p.inertia + (1 - p.inertia) * renewed;
        V a = s->disposition[i];
        V moved = a + pace * (rest - a) + p.reciprocity * (other[i] - a)
                  + p.event_target * impulse[i] + p.event_actor * f->impulse[i]
                  + p.noise * u->mood[i];
        s->disposition[i] = g->pair[i] * clip(moved, -p.limit, p.limit);
        V held = (1 - pace) * s->grievance[i] - impulse[i];
        s->grievance[i] = g->pair[i] * clip(held, 0, p.grievance_limit);
    }
}
