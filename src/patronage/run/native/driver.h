// Runs the months: what is the same for all members once a month, then the groups of members in turn,
// a stretch of months each, so that a group's state stays in the cache.
//
// K, M: what lasts, and the months' rows; G, D: the same of a group, D (month, group, element); X, Y:
// groups' states, by turns; A: sums of the interval under way; R: what is recorded, (interval, element, group); E, H: the log,
// (month, element, group); N0, N1: narrow results; W: scratch.
#ifdef __SSE__
#include <xmmintrin.h>
#endif
extern "C" int run(const float *K, const float *M, long words, int months, int every, int groups,
                   const V *G, long gs, const V *D, long ds, V *X, V *Y, long xs, V *A, V *R, long rs,
                   const float *scale, B *E, long es, V *H, long hs, float *N0, float *N1, long ns,
                   V *W)
{
#ifdef __SSE__
    const unsigned mode = _mm_getcsr();
    _mm_setcsr(mode | 0x8040); // numbers too small to be normal count as nought
#endif
    once_all(K, M, N0, N1, X, G, D, Y, W, A, E, H, groups, 0);
    for (int from = 0; from < months; from += STRETCH) {
        const int to = from + STRETCH < months ? from + STRETCH : months;
        for (int t = from; t < to; t++)
            monthly_all(K, M + t * words, N0, N1 + (t - from) * ns, X, G, D, Y, W, A, E, H, groups,
                        0);
        for (int g = 0; g < groups; g++)
            for (int t = from; t < to; t++) {
                V *now = (t % 2 ? Y : X) + g * xs, *next = (t % 2 ? X : Y) + g * xs;
                V *sum = A + g * rs;
                wide_all(K, M + t * words, N0, N1 + (t - from) * ns, now, G + g * gs,
                         D + (t * (long)groups + g) * ds, next, W, sum, E + t * es * groups + g,
                         H + t * hs * groups + g, groups, t % every == 0);
                if (t % every == every - 1)
                    for (long k = 0; k < rs; k++)
                        R[(t / every * rs + k) * groups + g] = ratio(sum[k], all(scale[k]));
            }
    }
#ifdef __SSE__
    _mm_setcsr(mode);
#endif
    return months % 2;
}
