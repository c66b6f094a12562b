/* Eight floats at a time: a row of a small world is one vector (GCC vector extension, AVX2).
 *
 * A dyad x[client] holds the patrons in its lanes, a trade x[client][patron] the goods, a unit the
 * states. Lanes beyond the world are kept at 0. */
#ifndef WIDE_H
#define WIDE_H
#include <immintrin.h>
#include <stdint.h>

#define WIDE 8
#define SMALL 1e-6f

typedef float V __attribute__((vector_size(32)));
typedef int32_t M __attribute__((vector_size(32))); /* a mask: all bits or none */
typedef uint32_t U __attribute__((vector_size(32)));

#define INLINE static inline __attribute__((always_inline))

INLINE V all(float x) { return (V){x, x, x, x, x, x, x, x}; }
INLINE V min(V a, V b) { return (V)_mm256_min_ps((__m256)a, (__m256)b); }
INLINE V max(V a, V b) { return (V)_mm256_max_ps((__m256)a, (__m256)b); }
INLINE V clip(V x, float low, float high) { return min(max(x, all(low)), all(high)); }
INLINE V positive(V x) { return max(x, all(0)); }
INLINE V root(V x) { return (V)_mm256_sqrt_ps((__m256)x); }
INLINE V pick(M mask, V yes, V no)
{
    return (V)_mm256_blendv_ps((__m256)no, (__m256)yes, (__m256)mask);
}
INLINE V where(M mask, V yes) { return (V)((M)yes & mask); }
INLINE V one(M mask) { return where(mask, all(1)); }
INLINE int any(V x) { return !_mm256_testz_si256((__m256i)x, (__m256i)x); }
INLINE float fmin1(float x) { return x < 1 ? x : 1; }
INLINE float fmax0(float x) { return x > 0 ? x : 0; }

/* part / whole, and 0 where the whole is nothing */
INLINE V share_of(V part, V whole)
{
    return where((M)(whole > all(SMALL)), part / max(whole, all(SMALL)));
}

INLINE float total(V x)
{
    float sum = 0;
    for (int k = 0; k < WIDE; k++)
        sum += x[k];
    return sum;
}

INLINE float top(V x)
{
    float most = x[0];
    for (int k = 1; k < WIDE; k++)
        most = x[k] > most ? x[k] : most;
    return most;
}

/* e^x to about 2 units in the last place: 2^n times a polynomial of the rest */
INLINE V exp_of(V x)
{
    V y = clip(x, -87.0f, 88.0f) * 1.44269504089f;
    M n = (M)_mm256_cvtps_epi32((__m256)y);
    V f = y - (V)_mm256_cvtepi32_ps((__m256i)n);
    V p = f * 1.5353362e-4f + 1.3398874e-3f;
    p = p * f + 9.6184373e-3f;
    p = p * f + 5.5503324e-2f;
    p = p * f + 2.4022648e-1f;
    p = p * f + 6.9314720e-1f;
    p = p * f + 1.0f;
    return (V)((M)p + (n << 23));
}

/* ln x for x > 0: exponent and a polynomial of the mantissa in [sqrt 1/2, sqrt 2) */
INLINE V log_of(V x)
{
    M bits = (M)x;
    M n = ((bits - 0x3f3504f3) >> 23);
    V m = (V)(bits - (n << 23)) - 1.0f;
    V p = m * 7.0376836292e-2f - 1.1514610310e-1f;
    p = p * m + 1.1676998740e-1f;
    p = p * m - 1.2420140846e-1f;
    p = p * m + 1.4249322787e-1f;
    p = p * m - 1.6668057665e-1f;
    p = p * m + 2.0000714765e-1f;
    p = p * m - 2.4999993993e-1f;
    p = p * m + 3.3333331174e-1f;
    V square = m * m;
    return (V)_mm256_cvtepi32_ps((__m256i)n) * 0.69314718056f + (m - 0.5f * square + square * m * p);
}

INLINE V tanh_of(V x)
{
    V e = exp_of(2 * clip(x, -9.0f, 9.0f));
    return (e - 1) / (e + 1);
}

INLINE V logistic(V x) { return 1 / (1 + exp_of(-x)); }

/* standard normal of a uniform number: Giles (2010), single precision */
INLINE V normal_of(V u)
{
    V x = 2 * u - 1;
    V w = -log_of(max(4 * u * (1 - u), all(1e-7f)));
    V a = w - 2.5f, b = root(w) - 3.0f;
    V p = a * 2.81022636e-08f + 3.43273939e-07f;
    p = p * a - 3.5233877e-06f;
    p = p * a - 4.39150654e-06f;
    p = p * a + 2.1858087e-04f;
    p = p * a - 1.25372503e-03f;
    p = p * a - 4.17768164e-03f;
    p = p * a + 2.46640727e-01f;
    p = p * a + 1.50140941f;
    V q = b * -2.00214257e-04f + 1.00950558e-04f;
    q = q * b + 1.34934322e-03f;
    q = q * b - 3.67342844e-03f;
    q = q * b + 5.73950773e-03f;
    q = q * b - 7.6224613e-03f;
    q = q * b + 9.43887047e-03f;
    q = q * b + 1.00167406f;
    q = q * b + 2.83297682f;
    return pick((M)(w < all(5)), p, q) * x * 1.41421356f;
}

/* columns for rows; the eighth row in is 0, the eighth out is left out */
INLINE void transpose(const V *in, int rows, V *out)
{
    __m256 r[8], t[8];
    for (int k = 0; k < 8; k++)
        r[k] = k < rows ? (__m256)in[k] : _mm256_setzero_ps();
    for (int k = 0; k < 4; k++) {
        t[2 * k] = _mm256_unpacklo_ps(r[2 * k], r[2 * k + 1]);
        t[2 * k + 1] = _mm256_unpackhi_ps(r[2 * k], r[2 * k + 1]);
    }
    for (int k = 0; k < 8; k += 4) {
        r[k] = _mm256_shuffle_ps(t[k], t[k + 2], 0x44);
        r[k + 1] = _mm256_shuffle_ps(t[k], t[k + 2], 0xee);
        r[k + 2] = _mm256_shuffle_ps(t[k + 1], t[k + 3], 0x44);
        r[k + 3] = _mm256_shuffle_ps(t[k + 1], t[k + 3], 0xee);
    }
    for (int k = 0; k < rows; k++)
        out[k] = (V)(k < 4 ? _mm256_permute2f128_ps(r[k], r[k + 4], 0x20)
                           : _mm256_permute2f128_ps(r[k - 4], r[k], 0x31));
}

/* sum of each row, one to a lane */
INLINE V sum_rows(const V *in, int rows)
{
    __m256 r[8];
    for (int k = 0; k < 8; k++)
        r[k] = k < rows ? (__m256)in[k] : _mm256_setzero_ps();
    __m256 a = _mm256_hadd_ps(_mm256_hadd_ps(r[0], r[1]), _mm256_hadd_ps(r[2], r[3]));
    __m256 b = _mm256_hadd_ps(_mm256_hadd_ps(r[4], r[5]), _mm256_hadd_ps(r[6], r[7]));
    __m256 low = _mm256_permute2f128_ps(a, b, 0x20), high = _mm256_permute2f128_ps(a, b, 0x31);
    return (V)_mm256_add_ps(low, high);
}
#endif
