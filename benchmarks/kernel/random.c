/* Random numbers by counter: Threefry-2x32 of 20 rounds (Salmon et al. 2011), eight lanes at once.
 * Key: seed and member; counter: month and place. */
#include "world.h"

#define ROTATE(x, n) ((x) << (n) | (x) >> (32 - (n)))

static void mix(U *a, U *b, int r1, int r2, int r3, int r4)
{
    const int by[4] = {r1, r2, r3, r4};
    for (int k = 0; k < 4; k++) {
        *a += *b;
        *b = ROTATE(*b, by[k]) ^ *a;
    }
}

static U same(uint32_t x) { return (U){x, x, x, x, x, x, x, x}; }

static void threefry(uint32_t key0, uint32_t key1, U *a, U *b)
{
    const uint32_t key[3] = {key0, key1, key0 ^ key1 ^ 0x1bd11bdau};
    *a += same(key[0]);
    *b += same(key[1]);
    for (uint32_t r = 1; r <= 5; r++) {
        if (r & 1)
            mix(a, b, 13, 15, 26, 6);
        else
            mix(a, b, 17, 29, 16, 24);
        *a += same(key[r % 3]);
        *b += same(key[(r + 1) % 3] + r);
    }
}

/* 24 bits to a number in [1e-7, 1) */
static V uniform_of(U bits)
{
    V x = (V)(bits >> 9 | same(0x3f800000u)) - 1;
    return max(x, all(1e-7f));
}

static void fill(uint32_t seed, uint32_t member, uint32_t month, int place, V *x, V *y)
{
    U a = same(month), b = {0, 1, 2, 3, 4, 5, 6, 7};
    b += same(8u * (uint32_t)place);
    threefry(seed, member, &a, &b);
    *x = uniform_of(a);
    *y = uniform_of(b);
}

void draw(const World *w, uint32_t seed, uint32_t member, uint32_t month, Draws *u)
{
    V *wanted[SHOCKS + STATES + STATES + 1] = {
        &u->budget, &u->logistics, &u->spirit, &u->luck, /* normal */
        &u->end, &u->consult, &u->answer, &u->season, &u->exit, &u->fall, &u->where, &u->win,
    };
    int count = SHOCKS;
    V spare;
    EACH(i) wanted[count++] = &u->mood[i];
    for (int n = 0; n < w->table.choosers; n++)
        wanted[count++] = &u->pick[w->table.chooser[n]];
    wanted[count] = &spare;
    for (int n = 0; n < count; n += 2)
        fill(seed, member, month, n / 2, wanted[n], wanted[n + 1]);
    u->budget = normal_of(u->budget);
    u->logistics = normal_of(u->logistics);
    u->spirit = normal_of(u->spirit);
    u->luck = normal_of(u->luck);
    EACH(i) u->mood[i] = normal_of(u->mood[i]);
}
