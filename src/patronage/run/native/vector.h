// Vectors of members: arithmetic, choices and elementary functions in single precision.
//
// A narrow number (the same for all members) is a float or an int; a truth is 0 or 1. A wide one is a
// vector of LANES; a truth is a mask, all bits or none. Every function stands in both forms.
#pragma once
#include <stdint.h>
#include <string.h>
#ifdef __AVX512F__
#include <immintrin.h>
#endif

#define LANES 16
typedef float V __attribute__((vector_size(4 * LANES)));
typedef int32_t I __attribute__((vector_size(4 * LANES)));
typedef uint32_t U __attribute__((vector_size(4 * LANES)));
typedef int8_t B __attribute__((vector_size(LANES)));
#define INLINE static inline __attribute__((always_inline))

INLINE V all(float x) { return V{} + x; }
INLINE I all(int32_t x) { return I{} + x; }
INLINE U all(uint32_t x) { return U{} + x; }
INLINE I mask(int32_t x) { return I{} - (x != 0); }

INLINE V pick(I m, V a, V b) { return m ? a : b; }
INLINE I pick(I m, I a, I b) { return m ? a : b; }
INLINE U pick(I m, U a, U b) { return m ? a : b; }
INLINE float pick(int m, float a, float b) { return m ? a : b; }
INLINE int pick(int m, int a, int b) { return m ? a : b; }
INLINE uint32_t pick(int m, uint32_t a, uint32_t b) { return m ? a : b; }

// NaN goes through, as in JAX: the second operand wins a comparison with NaN, the first is looked at
#ifdef __AVX512F__
INLINE V greater(V a, V b) { return (V)_mm512_max_ps((__m512)a, (__m512)b); }
INLINE V smaller(V a, V b) { return (V)_mm512_min_ps((__m512)a, (__m512)b); }
INLINE V root(V x) { return (V)_mm512_sqrt_ps((__m512)x); }
INLINE I to_nearest(V x) { return (I)_mm512_cvtps_epi32((__m512)x); }
INLINE V max_(V a, V b)
{
    __m512 x = (__m512)a;
    return (V)_mm512_mask_max_ps(x, _mm512_cmp_ps_mask(x, x, _CMP_ORD_Q), x, (__m512)b);
}
INLINE V min_(V a, V b)
{
    __m512 x = (__m512)a;
    return (V)_mm512_mask_min_ps(x, _mm512_cmp_ps_mask(x, x, _CMP_ORD_Q), x, (__m512)b);
}
// a / b from an estimate r of 1 / b: the quotient bettered by the error of r, then by what it leaves
INLINE V better(V a, V b, __m512 r)
{
    __m512 x = (__m512)a, y = (__m512)b;
    __m512 wrong = _mm512_fnmadd_ps(y, r, _mm512_set1_ps(1.0f));
    __m512 q = _mm512_mul_ps(x, r);
    q = _mm512_fmadd_ps(q, wrong, q);
    return (V)_mm512_fmadd_ps(_mm512_fnmadd_ps(y, q, x), r, q);
}
INLINE V over(V a, V b)
{
    __m512 r = _mm512_rcp14_ps((__m512)b);
    if (__builtin_expect(_mm512_fpclass_ps_mask(r, 0x9f), 0)) // 0, infinite, NaN
        return a / b;
    return better(a, b, r);
}
// a / b where b is neither 0 nor infinite
INLINE V ratio(V a, V b) { return better(a, b, _mm512_rcp14_ps((__m512)b)); }
#else
INLINE V max_(V a, V b) { return a != a ? a : a > b ? a : b; }
INLINE V min_(V a, V b) { return a != a ? a : a < b ? a : b; }
INLINE V over(V a, V b) { return a / b; }
INLINE V ratio(V a, V b) { return a / b; }
INLINE V greater(V a, V b) { return a > b ? a : b; }
INLINE V smaller(V a, V b) { return a < b ? a : b; }
INLINE V root(V x)
{
    V r;
    for (int k = 0; k < LANES; k++)
        r[k] = __builtin_sqrtf(x[k]);
    return r;
}
INLINE I to_nearest(V x) // |x| < 2^22
{
    V shift = x + 12582912.0f;
    return (I)shift - 0x4b400000;
}
#endif
INLINE I max_(I a, I b) { return a > b ? a : b; }
INLINE I min_(I a, I b) { return a < b ? a : b; }
INLINE float max_(float a, float b) { return a != a || a > b ? a : b; }
INLINE float min_(float a, float b) { return a != a || a < b ? a : b; }
INLINE int max_(int a, int b) { return a > b ? a : b; }
INLINE int min_(int a, int b) { return a < b ? a : b; }

INLINE V to_f(I x) { return __builtin_convertvector(x, V); }
INLINE V to_f(U x) { return __builtin_convertvector(x, V); }
INLINE float to_f(int x) { return (float)x; }
INLINE float to_f(uint32_t x) { return (float)x; }
INLINE V truth_f(I m) { return (V)(m & (I)all(1.0f)); }
INLINE float truth_f(int m) { return (float)m; }
INLINE I truth_i(I m) { return -m; }
INLINE int truth_i(int m) { return m; }
INLINE I to_i(V x) { return __builtin_convertvector(x, I); }
INLINE int to_i(float x) { return (int)x; }
INLINE I to_i(U x) { return (I)x; }
INLINE int to_i(uint32_t x) { return (int)x; }
INLINE U to_u(I x) { return (U)x; }
INLINE uint32_t to_u(int x) { return (uint32_t)x; }
INLINE U to_u(V x) { return __builtin_convertvector(x, U); }
INLINE uint32_t to_u(float x) { return (uint32_t)x; }
INLINE V bits_f(U x) { return (V)x; }
INLINE float bits_f(uint32_t x)
{
    float y;
    memcpy(&y, &x, 4);
    return y;
}
INLINE U bits_u(V x) { return (U)x; }
INLINE I sure(V x) { return x - x == 0.0f; }
INLINE int sure(float x) { return x - x == 0.0f; }

INLINE V abs_(V x) { return (V)((I)x & 0x7fffffff); }
INLINE float abs_(float x) { return __builtin_fabsf(x); }
INLINE I abs_(I x) { return x < 0 ? -x : x; }
INLINE int abs_(int x) { return x < 0 ? -x : x; }
INLINE V sign_(V x) { return x > 0 ? all(1.0f) : (x < 0 ? all(-1.0f) : x); }
INLINE float sign_(float x) { return x > 0 ? 1.0f : (x < 0 ? -1.0f : x); }
INLINE V sqrt_(V x) { return root(x); }
INLINE float sqrt_(float x) { return __builtin_sqrtf(x); }
INLINE V floor_(V x)
{
    V whole = to_f(to_i(x));
    whole = whole > x ? whole - 1.0f : whole;
    return abs_(x) < 8388608.0f ? whole : x;
}
INLINE float floor_(float x) { return __builtin_floorf(x); }
template <class T> INLINE T ceil_(T x) { return -floor_(-x); }

template <class T> INLINE T square_(T x) { return x * x; }
template <int N, class T> INLINE T power_(T x)
{
    if constexpr (N < 0)
        return 1.0f / power_<-N>(x);
    else if constexpr (N == 1)
        return x;
    else if constexpr (N % 2)
        return x * power_<N - 1>(x);
    else
        return square_(power_<N / 2>(x));
}

// e^x to about 1 unit in the last place: 2^n times a polynomial of the rest
INLINE V exp_(V x)
{
    V held = greater(all(-104.0f), smaller(all(89.0f), x));
#ifdef __AVX512F__
    V whole = (V)_mm512_roundscale_ps((__m512)(held * 1.44269504088896341f), 8);
#else
    I n = to_nearest(held * 1.44269504088896341f);
    V whole = to_f(n);
#endif
    V r = held - whole * 0.693359375f;
    r = r + whole * 2.12194440e-4f;
    V p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
#ifdef __AVX512F__
    return (V)_mm512_scalef_ps((__m512)p, (__m512)whole);
#else
    I half = n >> 1, rest = n - half;
    return p * (V)((half + 127) << 23) * (V)((rest + 127) << 23);
#endif
}
// ln x: exponent, and a polynomial of the mantissa between sqrt 1/2 and sqrt 2
INLINE V log_(V x)
{
    I tiny{};
    V y = x;
#ifdef __AVX512F__
    // as a rule nothing is below the normal numbers, infinite or NaN
    const bool plain = !_mm512_fpclass_ps_mask((__m512)x, 0xff);
#else
    const bool plain = false;
#endif
    if (__builtin_expect(!plain, 0)) {
        tiny = x < 1.17549435e-38f;
        y = tiny ? x * 8388608.0f : x;
    }
    I bits = (I)y;
    I n = (bits - 0x3f3504f3) >> 23;
    V m = (V)(bits - (n << 23)) - 1.0f;
    V p = m * 7.0376836292e-2f - 1.1514610310e-1f;
    p = p * m + 1.1676998740e-1f;
    p = p * m - 1.2420140846e-1f;
    p = p * m + 1.4249322787e-1f;
    p = p * m - 1.6668057665e-1f;
    p = p * m + 2.0000714765e-1f;
    p = p * m - 2.4999993993e-1f;
    p = p * m + 3.3333331174e-1f;
    V e = to_f(tiny ? n - 23 : n);
    V s = m * m;
    V r = s * m * p + e * -2.12194440e-4f - 0.5f * s + m + e * 0.693359375f;
    if (plain)
        return r;
    r = x == 0.0f ? all(-__builtin_inff()) : r;
    r = x < 0.0f ? all(__builtin_nanf("")) : r;
    return x < __builtin_inff() ? r : x + x;
}
INLINE V log1p_(V x)
{
    V u = 1.0f + x;
    V d = u - 1.0f;
    return d == 0.0f ? x : log_(u) * (x / d);
}
INLINE V expm1_(V x)
{
    V u = exp_(x);
    V small = x + 0.5f * x * x + x * x * x * (1.0f / 6.0f);
    return abs_(x) < 0.01f ? small : u - 1.0f;
}
// odd rational function on |x| < 7.9, 1 beyond
INLINE V tanh_(V x)
{
    V y = greater(all(-7.90531110763549805f), smaller(all(7.90531110763549805f), x));
    V s = y * y;
    V p = s * -2.76076847742355e-16f + 2.00018790482477e-13f;
    p = p * s - 8.60467152213735e-11f;
    p = p * s + 5.12229709037114e-08f;
    p = p * s + 1.48572235717979e-05f;
    p = p * s + 6.37261928875436e-04f;
    p = p * s + 4.89352455891786e-03f;
    V q = s * 1.19825839466702e-06f + 1.18534705686654e-04f;
    q = q * s + 2.26843463243900e-03f;
    q = q * s + 4.89352518554385e-03f;
    return abs_(x) < 0.0004f ? x : ratio(y * p, q);
}
INLINE V logistic_(V x) { return ratio(all(1.0f), 1.0f + exp_(smaller(all(87.0f), -x))); }
INLINE V pow_(V x, V y)
{
    V r = exp_(y * log_(x));
    r = x == 1.0f ? all(1.0f) : r;
    return y == 0.0f ? all(1.0f) : r;
}
// inverse of the error function, in single precision (Giles 2012); w = -ln(1 - x^2)
INLINE V erf_inv_(V x)
{
    V w = -log_((1.0f - x) * (1.0f + x));
    V a = w - 2.5f, b = root(w) - 3.0f;
    V p = a * 2.81022636e-08f + 3.43273939e-07f;
    V q = b * -2.00214257e-04f + 1.00950558e-04f;
    p = p * a - 3.5233877e-06f;
    q = q * b + 1.34934322e-03f;
    p = p * a - 4.39150654e-06f;
    q = q * b - 3.67342844e-03f;
    p = p * a + 2.1858087e-04f;
    q = q * b + 5.73950773e-03f;
    p = p * a - 1.25372503e-03f;
    q = q * b - 7.6224613e-03f;
    p = p * a - 4.17768164e-03f;
    q = q * b + 9.43887047e-03f;
    p = p * a + 2.46640727e-01f;
    q = q * b + 1.00167406f;
    p = p * a + 1.50140941f;
    q = q * b + 2.83297682f;
    V r = (w < 5.0f ? p : q) * x;
    return abs_(x) < 1.0f ? r : x * __builtin_inff();
}
INLINE float exp_(float x) { return __builtin_expf(x); }
INLINE float log_(float x) { return __builtin_logf(x); }
INLINE float log1p_(float x) { return __builtin_log1pf(x); }
INLINE float expm1_(float x) { return __builtin_expm1f(x); }
INLINE float tanh_(float x) { return __builtin_tanhf(x); }
INLINE float pow_(float x, float y) { return __builtin_powf(x, y); }
INLINE float logistic_(float x) { return 1.0f / (1.0f + __builtin_expf(-x)); }
template <class T> INLINE T rsqrt_(T x) { return 1.0f / sqrt_(x); }

INLINE V look(const float *table, int last, I at)
{
#ifdef __AVX512F__
    I held = max_(all(0), min_(all(last), at));
    return (V)_mm512_i32gather_ps((__m512i)held, table, 4);
#else
    V r;
    for (int k = 0; k < LANES; k++)
        r[k] = table[at[k] < 0 ? 0 : at[k] > last ? last : at[k]];
    return r;
#endif
}
INLINE float look(const float *table, int last, int at)
{
    return table[at < 0 ? 0 : at > last ? last : at];
}

// Threefry-2x32, 20 rounds (Salmon and others 2011)
template <class T> INLINE T turned(T x, int by) { return (x << by) | (x >> (32 - by)); }
template <class T> INLINE void threefry(T k0, T k1, T x0, T x1, T *one, T *two)
{
    const int by[8] = {13, 15, 26, 6, 17, 29, 16, 24};
    T key[3] = {k0, k1, k0 ^ k1 ^ 0x1bd11bdau};
    x0 += k0;
    x1 += k1;
#pragma GCC unroll 5
    for (int n = 0; n < 5; n++) {
#pragma GCC unroll 4
        for (int k = 0; k < 4; k++) {
            x0 += x1;
            x1 = turned(x1, by[4 * (n % 2) + k]) ^ x0;
        }
        x0 += key[(n + 1) % 3];
        x1 += key[(n + 2) % 3] + (uint32_t)(n + 1);
    }
    *one = x0;
    *two = x1;
}
