/* The order of the month, and the loop over months and members that Python calls. */
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "record.h"

#define STEPS 18
#define BLOCK 8    /* members that a core takes at a time */
#define STRETCH 24 /* months */
#ifdef TIMED
static double ticks[STEPS];
#define STEP(k, call)                                                                              \
    do {                                                                                           \
        uint64_t start = __builtin_ia32_rdtsc();                                                   \
        call;                                                                                      \
        ticks[k] += (double)(__builtin_ia32_rdtsc() - start);                                      \
    } while (0)
#else
#define STEP(k, call) call
#endif

/* the calendar, and what stays as it is for the whole month */
static void begin(const World *w, const Month *m, Member *s, Scene *f)
{
    const Setting *g = &w->setting;
    __typeof__(w->p.credibility) p = w->p.credibility;
    f->upheaval = all(0);
    if (m->changes) {
        V moved[AXES] = {all(0), all(0)};
        for (int k = 0; k < FACTIONS; k++) {
            V change = m->dated.regime_weight * (m->dated.regime_shares[k] - s->share[k]);
            s->share[k] += change;
            for (int a = 0; a < AXES; a++)
                moved[a] += change * g->position[a][k];
        }
        f->upheaval = 0.5f * root(moved[0] * moved[0] + moved[1] * moved[1]);
    }
    for (int a = 0; a < AXES; a++) {
        f->place[a] = all(0);
        for (int k = 0; k < FACTIONS; k++)
            f->place[a] += s->share[k] * g->position[a][k];
    }
    EACH(i)
    {
        V x = f->place[0][i] - f->place[0], y = f->place[1][i] - f->place[1];
        V kept = s->kept[i] + p.prior_kept;
        f->gap[i] = (x * x + y * y) * w->fixed.live;
        f->affinity[i] = tanh_of(s->disposition[i]);
        f->credibility[i] = kept / (kept + s->broken[i] + p.prior_broken);
    }
    turn(f->affinity, f->affinity_turned);
}

static void run_month(const World *w, const Month *m, Member *s, const Draws *u, Scene *f)
{
    STEP(1, begin(w, m, s, f));
    STEP(2, perceive_threat(w, m, s, f));
    STEP(3, perceive_coercion(w, m, s, f));
    STEP(4, perceive_dependence(w, m, s, f));
    STEP(5, perceive_bargain(w, m, s, f));
    STEP(6, decide(w, m, s, u, f));
    STEP(7, settle_diplomacy(w, m, s, f));
    STEP(8, settle_coercion(w, m, s, f));
    STEP(9, settle_threat(w, s, f));
    STEP(10, settle_crisis(w, m, s, u, f));
    STEP(11, settle_bloc(w, s, u, f));
    STEP(12, settle_bargain(w, m, s, u, f));
    STEP(13, deliver_economy(w, m, s, u, f); settle_accounts(w, m, s, f));
    STEP(14, react_domestic(w, m, s, u, f));
    STEP(15, react_revolution(w, m, s, u, f));
    STEP(16, react_credibility(w, s, f); react_affinity(w, m, s, u, f));
}

/* one member, and what it is given and leaves */
typedef struct {
    Member state;
    uint32_t number;
    const Draws *given; /* month by month, or none: then they are drawn here */
    Record *records;    /* span by span, or none */
} Run;

/* The months from `start` to `end` of one member. */
static void run_member(const World *w, Run *run, int start, int end, uint32_t seed, int every)
{
    Scene f;
    memset(&f, 0, sizeof f);
    for (int t = start; t < end; t++) {
        Draws u;
        if (run->given)
            memcpy(&u, &run->given[t], sizeof u);
        else
            STEP(0, draw(w, seed, run->number, (uint32_t)t, &u));
        run_month(w, &w->month[t], &run->state, &u, &f);
        if (run->records) {
            Record *r = &run->records[t / every];
            if (t % every == 0)
                memset(r, 0, sizeof *r);
            STEP(17, note(w, &w->month[t], &run->state, &f, r, 1.0f / (float)every));
        }
    }
}

/* ---- what Python calls ---- */

static void *make(size_t bytes)
{
    void *block = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (!block)
        abort();
    memset(block, 0, bytes);
    return block;
}

/* floats in each block that is handed over, so that both sides can check that they agree */
void sizes(int64_t *into)
{
    const size_t bytes[] = {sizeof(Setting), sizeof(Dated),  sizeof(Member), sizeof(Draws),
                            sizeof(Record),  sizeof(struct Parameters), sizeof(Month)};
    for (int k = 0; k < 7; k++)
        into[k] = (int64_t)(bytes[k] / sizeof(float));
}

World *open_world(const void *setting, const void *parameters, const Table *table,
                  const void *dated, int months, const Act *acts, int act_count,
                  const uint32_t *allowed, const int32_t *forced)
{
    const size_t pairs = STATES * STATES;
    World *w = make(sizeof *w);
    memcpy(&w->setting, setting, sizeof w->setting);
    memcpy(&w->p, parameters, sizeof w->p);
    memcpy(&w->table, table, sizeof w->table);
    w->months = months;
    w->month = make(sizeof(Month) * (size_t)months);
    w->acts = make(sizeof(Act) * (size_t)(act_count + 1));
    memcpy(w->acts, acts, sizeof(Act) * (size_t)act_count);
    for (int t = 0, n = 0; t < months; t++) {
        Month *m = &w->month[t];
        memcpy(&m->dated, (const Dated *)dated + t, sizeof m->dated);
        memcpy(m->allowed, allowed + (size_t)t * pairs, sizeof m->allowed);
        memcpy(m->forced, forced + (size_t)t * pairs, sizeof m->forced);
        for (size_t k = 0; k < pairs; k++)
            m->restricted |= allowed[(size_t)t * pairs + k] != (1u << KINDS) - 1;
        m->first_act = n;
        while (n < act_count && acts[n].month == t)
            n++;
        m->last_act = n;
    }
    prepare_world(w);
    return w;
}

void close_world(World *w)
{
    free(w->month);
    free(w->acts);
    free(w);
}

/* Members `first`, `first` + 1, …: their states in and out, member by member.
 *
 * draws: [member][month], or none: then they are drawn here. records: [member][month / every], or
 * none. Returns the seconds that it took. */
double run_world(const World *w, void *states, int members, uint32_t first, int months,
                 uint32_t seed, const void *draws, void *records, int every, int threads)
{
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    size_t rows = records ? (size_t)((months + every - 1) / every) : 0;
#pragma omp parallel num_threads(threads)
    {
        unsigned int mode = __builtin_ia32_stmxcsr();
        __builtin_ia32_ldmxcsr(mode | 0x8040); /* numbers too small to matter are nought */
        Run *run = make(sizeof(Run) * BLOCK);
#pragma omp for schedule(dynamic, 1)
        for (int from = 0; from < members; from += BLOCK) {
            int count = members - from < BLOCK ? members - from : BLOCK;
            for (int k = 0; k < count; k++) {
                size_t at = (size_t)(from + k);
                memcpy(&run[k].state, (const Member *)states + at, sizeof(Member));
                run[k].number = first + (uint32_t)at;
                run[k].given = draws ? (const Draws *)draws + at * (size_t)months : NULL;
                run[k].records = records ? (Record *)records + at * rows : NULL;
            }
            /* a stretch of months stays in the cache while the block's members pass it */
            for (int t = 0; t < months; t += STRETCH)
                for (int k = 0; k < count; k++)
                    run_member(w, &run[k], t, t + STRETCH < months ? t + STRETCH : months, seed,
                               every);
            for (int k = 0; k < count; k++)
                memcpy((Member *)states + from + k, &run[k].state, sizeof(Member));
        }
        free(run);
        __builtin_ia32_ldmxcsr(mode);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    return (double)(end.tv_sec - start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec);
}

/* processor ticks spent in each step since the last call; 0 unless built with -DTIMED */
void take_ticks(double *into)
{
    for (int k = 0; k < STEPS; k++) {
#ifdef TIMED
        into[k] = ticks[k];
        ticks[k] = 0;
#else
        into[k] = 0;
#endif
    }
}
