/* What this machine can do at most: multiply-adds, memory, exponentials, random numbers. */
#include <stdlib.h>
#include <time.h>

#include "world.h"

static double now(void)
{
    struct timespec t; /* of this thread, so that other processes count for little */
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* multiply-adds per second, ten independent chains of eight lanes */
double measure_fma(int64_t rounds, float *sink)
{
    V x[10], a = all(0.999f), b = all(0.001f);
    for (int k = 0; k < 10; k++)
        x[k] = all(0.1f * (float)k);
    double start = now();
    for (int64_t n = 0; n < rounds; n++)
        for (int k = 0; k < 10; k++)
            x[k] = (V)_mm256_fmadd_ps((__m256)x[k], (__m256)a, (__m256)b);
    double took = now() - start;
    for (int k = 0; k < 10; k++)
        *sink += total(x[k]);
    return (double)rounds * 10 * WIDE / took;
}

/* bytes per second of a = b + s c over arrays of `floats` */
double measure_triad(int64_t floats, int rounds)
{
    float *a = aligned_alloc(64, (size_t)floats * 4), *b = aligned_alloc(64, (size_t)floats * 4);
    float *c = aligned_alloc(64, (size_t)floats * 4);
    if (!a || !b || !c)
        abort();
    for (int64_t k = 0; k < floats; k++)
        a[k] = 0, b[k] = 1, c[k] = (float)k;
    double start = now();
    for (int n = 0; n < rounds; n++) {
        for (int64_t k = 0; k < floats; k++)
            a[k] = b[k] + 0.5f * c[k];
        __asm__ volatile("" ::"r"(a), "r"(b), "r"(c) : "memory");
    }
    double took = now() - start;
    free(a);
    free(b);
    free(c);
    return (double)rounds * (double)floats * 12 / took;
}

/* exponentials per second */
double measure_exp(int64_t rounds, float *sink)
{
    V x[8], sum = all(0);
    for (int k = 0; k < 8; k++)
        x[k] = all(-0.1f * (float)k);
    double start = now();
    for (int64_t n = 0; n < rounds; n++)
        for (int k = 0; k < 8; k++) {
            x[k] = exp_of(-x[k]);
            sum += x[k];
        }
    double took = now() - start;
    *sink += total(sum);
    return (double)rounds * 8 * WIDE / took;
}

/* uniform numbers per second; every `draw` gives those of a month */
double measure_draws(const World *w, int64_t rounds, float *sink)
{
    Draws u;
    double start = now();
    for (int64_t n = 0; n < rounds; n++) {
        draw(w, 1, 2, (uint32_t)n, &u);
        *sink += u.end[0];
    }
    double took = now() - start;
    return (double)rounds * WIDE * (SHOCKS + STATES + w->table.choosers) / took;
}
