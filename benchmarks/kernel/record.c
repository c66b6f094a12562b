/* Adding a month to the record. */
#include "record.h"

/* expected share of equal votes in the General Assembly, from the month's places and compliance */
static void add_agreement(const World *w, const Month *m, const Member *s, const Scene *f, Dyad to,
                          float share)
{
    __typeof__(w->p.observation) p = w->p.observation;
    V stance[AXES];
    Dyad turned;
    turn(s->compliance, turned);
    for (int a = 0; a < AXES; a++) {
        V drawn = all(0);
        EACH(j) drawn += turned[j] * (f->place[a][j] - f->place[a]);
        stance[a] = f->place[a] + p.compliance_pull * drawn;
    }
    V bound = all(0);
    EACH(j) bound += turned[j];
    stance[0] += p.caucus_pull * m->dated.southern * max(all(0), 1 - bound)
                 * (m->dated.caucus - f->place[0]);
    V south = m->dated.south, off = all(0);
    EACH(j) off += turned[j] * (south[j] - south);
    south += p.south_pull * off;
    EACH(i)
    {
        V apart = stance[0][i] - stance[0], beside = stance[1][i] - stance[1];
        V across = min(all(1), max(apart, -apart) / p.poles);
        V liking = 0.5f * (f->affinity[i] + f->affinity_turned[i]);
        V camps = south[i] - south;
        V missing = m->dated.agenda * across + max(camps, -camps);
        V main = (1 - p.idiosyncrasy) * max(all(0), 1 - missing);
        V side = exp_of(-p.offaxis * beside * beside - p.mood * 0.5f * (1 - liking));
        to[i] += share * w->setting.pair[i] * main * side;
    }
}

static void add_states(const Member *s, const Scene *f, Record *r, float share)
{
    V exported = all(0);
    EACH(i) exported += f->bill[i];
    r->support += share * logistic(s->support);
    r->output += share * f->output;
    r->reserves += share * s->reserves;
    r->insecurity += share * f->insecurity;
    r->ideology += share * f->place[0];
    r->militancy += share * f->place[1];
    r->imports_value += share * sum_rows(f->bill, STATES);
    r->exports_value += share * exported;
    r->crisis_rung = max(r->crisis_rung, f->rung);
    r->crisis_outcome = max(r->crisis_outcome, f->outcome);
    r->consulted = max(r->consulted, f->consulted);
    for (int k = 0; k < FACTIONS; k++)
        r->faction_share[k] += share * s->share[k];
    EACH(i)
    {
        r->production[i] += share * f->produced[i];
        r->imports[i] += share * f->imported[i];
        r->exports[i] += share * f->exported[i];
        r->used[i] += share * f->used[i];
        r->stock[i] += share * s->stock[i];
        r->shortage[i] += share * s->shortage[i];
    }
}

void note(const World *w, const Month *m, const Member *s, const Scene *f, Record *r, float share)
{
    add_states(s, f, r, share);
    add_agreement(w, m, s, f, r->un_agreement, share);
    EACH(i)
    {
        r->affinity[i] += share * f->affinity[i];
        r->credibility[i] += share * f->credibility[i];
        r->dependence[i] += share * f->dependence[i];
        r->trade_share[i] += share * f->trade_share[i];
        r->transfer[i] += share * (f->premium[i] + f->credit[i] + f->arms[i]);
        r->credit[i] += share * f->credit[i];
        r->premium[i] += share * f->premium[i];
        r->arms[i] += share * f->arms[i];
        r->compliance[i] += share * s->compliance[i];
        r->orientation[i] += share * s->orientation[i];
        r->tension[i] += share * s->tension[i];
        r->grievance[i] += share * s->grievance[i];
        r->threat[i] += share * f->threat[i];
        r->pledge[i] += share * s->pledge[i];
        r->envoy[i] += share * s->envoy[i];
        r->strategic[i] += share * s->strategic[i];
        r->insurgency[i] += share * s->insurgency[i];
        if (f->embargoed & 1 << i)
            r->embargo[i] += share * sum_rows(s->embargo[i], STATES) / GOODS;
    }
}
