/* What a run keeps of a member: means over some months, of a crisis the largest. */
#ifndef RECORD_H
#define RECORD_H
#include "world.h"

typedef struct { /* laid out as RECORDED in benchmarks/kernel.py says */
    V support, output, reserves, insecurity, ideology, militancy, imports_value, exports_value;
    Goods production, imports, exports, used, stock, shortage;
    Factions faction_share;
    Dyad affinity, credibility, un_agreement, dependence, trade_share, transfer, credit, premium;
    Dyad arms, compliance, orientation, tension, grievance, threat, pledge, envoy, strategic;
    Dyad embargo, insurgency;
    V crisis_rung, crisis_outcome, consulted;
} Record;

void note(const World *w, const Month *m, const Member *s, const Scene *f, Record *r, float share);
#endif
