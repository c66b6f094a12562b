/* The world as the kernel sees it. Blocks marked "handed over" are laid out by benchmarks/kernel.py
 * field by field in this order; the rest is worked out here, once for all members. */
#ifndef WORLD_H
#define WORLD_H
#include "parameters.h" /* generated: struct Parameters, STATES, GOODS, FACTIONS, KINDS, names */
#include "wide.h"

#if STATES > WIDE || GOODS > WIDE || GOODS < 1
#error "a row of the world must fit one vector of eight"
#endif
#define AXES 2
#define RUNGS 5
#define SHOCKS 12
enum { COMPLIED = 1, RAN, WAR };

typedef V Dyad[STATES];
typedef V Goods[STATES];
typedef V Trade[STATES][STATES];
typedef V Factions[FACTIONS]; /* lanes: states */

/* what stays (handed over); masks are 0 or 1 */
typedef struct {
    Dyad distance, pair, trader;
    V actor, market, convertible, autonomy;
    Factions position[AXES];
    Dyad looks_to[FACTIONS]; /* [faction][patron], lanes: clients */
    V substitutability, storage, essential, input_lag, gestation, contraband, grant;
} Setting;

/* what the calendar gives of one month (handed over) */
typedef struct {
    V capability, gdp;
    Goods capacity, supply, need;
    V world_price;
    Dyad rivalry, goldstein;
    Trade scope;
    V regime_weight;
    Factions regime_shares;
    V may_choose;
    V south, southern;
    V agenda, caucus; /* in every lane */
} Dated;

/* one member, from month to month (handed over) */
typedef struct {
    Dyad disposition, kept, broken, envoy, agreement, information, pledge, deployed, strategic;
    Dyad tension, grievance, compliance, orientation, transfer, line, debt, favour, trade, insurgency;
    Trade embargo, blockade, contract, price;
    V reserves, support;
    Factions share;
    Goods stock, vigour, tended, shortage, shipped, custom;
    V norm_price;
} Member;

/* random numbers of a month (handed over where they are not drawn here) */
typedef struct {
    V end, consult, answer, budget, logistics, season, spirit, exit, fall, where, luck, win;
    Dyad mood, pick;
} Draws;

/* an act that history imposes (handed over) */
typedef struct {
    int32_t month, actor, target, kind;
    float intensity;
} Act;

/* how governments choose (handed over) */
typedef struct {
    float base[KINDS], weights[KINDS][DRIVERS], goldstein[KINDS];
    int32_t precondition[KINDS], choosers, chooser[STATES];
} Table;

/* worked out from the setting and the parameters */
typedef struct {
    V live, goods, hard, firmness, ease, per_lag, per_gestation, urgent, later, sold_goods;
    Dyad nearness, remoteness, trade_reach, open_market, speed;
    Factions militant, discredited, alone;
    int markets, market[STATES];
} Fixed;

/* worked out from the month: what all members share */
typedef struct {
    Dated dated;
    V live_gdp, self_financed, size;
    Dyad power, fright, enforcement, budget, rest, per_others, solvent, diverts;
    Goods worth, firm, per_need, wanted, spare, ready, want, no_import;
    Trade met, deep;
    float arms_price;
    int changes, restricted, first_act, last_act;
    uint32_t allowed[STATES][STATES];
    int32_t forced[STATES][STATES];
} Month;

typedef struct {
    Setting setting;
    struct Parameters p;
    Table table;
    Fixed fixed;
    int months;
    Month *month;
    Act *acts;
} World;

/* everything of one member's month that is not carried */
typedef struct {
    Dyad affinity, affinity_turned, credibility, gap;
    V place[AXES], upheaval, hot; /* hot: a state's hottest rivalry */
    Dyad threat, exposure;
    V protection, insecurity;
    Trade access;
    Dyad dependence, trade_share;
    Dyad value, surplus, efficient, outside, due;
    Dyad act[KINDS], impulse, scoped;
    uint32_t present; /* kinds of act that occur this month, a bit each */
    int32_t choice[STATES][STATES];
    V rung, outcome, consulted;
    Dyad breach, stood, endorsed, denounced;
    int crises, answers; /* whether any of the fields above is not 0 */
    Trade goods;
    int embargoed; /* clients under any embargo, a bit each */
    Dyad coerced; /* what embargoes cost, weighted by needs */
    Dyad bill, premium, arms, credit, fulfilled, signed_now;
    Goods produced, imported, exported, used;
    Trade filled; /* share of what was asked that left and was paid */
    V output, exit, fall;
    Dyad won, ended;
} Scene;

#define HAS(scene, kind) ((scene)->present >> (kind) & 1u)
#define EACH(i) for (int i = 0; i < STATES; i++)

INLINE V column(const V *x, int j)
{
    V found = all(0);
    EACH(i) found[i] = x[i][j];
    return found;
}
INLINE void turn(const V *x, V *out) { transpose(x, STATES, out); }

void prepare_world(World *w);
void perceive_threat(const World *w, const Month *m, const Member *s, Scene *f);
void perceive_coercion(const World *w, const Month *m, const Member *s, Scene *f);
void perceive_dependence(const World *w, const Month *m, const Member *s, Scene *f);
void perceive_bargain(const World *w, const Month *m, const Member *s, Scene *f);
void decide(const World *w, const Month *m, const Member *s, const Draws *u, Scene *f);
void settle_diplomacy(const World *w, const Month *m, Member *s, Scene *f);
void settle_coercion(const World *w, const Month *m, Member *s, Scene *f);
void settle_threat(const World *w, Member *s, Scene *f);
void settle_crisis(const World *w, const Month *m, Member *s, const Draws *u, Scene *f);
void settle_bloc(const World *w, Member *s, const Draws *u, Scene *f);
void settle_bargain(const World *w, const Month *m, Member *s, const Draws *u, Scene *f);
void deliver_economy(const World *w, const Month *m, Member *s, const Draws *u, Scene *f);
void settle_accounts(const World *w, const Month *m, Member *s, Scene *f);
void react_domestic(const World *w, const Month *m, Member *s, const Draws *u, Scene *f);
void react_revolution(const World *w, const Month *m, Member *s, const Draws *u, Scene *f);
void react_credibility(const World *w, Member *s, Scene *f);
void react_affinity(const World *w, const Month *m, Member *s, const Draws *u, Scene *f);
void draw(const World *w, uint32_t seed, uint32_t member, uint32_t month, Draws *u);
#endif
