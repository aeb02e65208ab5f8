// The loops of a batch normalisation, with ReLU or without, over rows of C channels. They are bound by memory, not by arithmetic: each reads what it
// needs once. Rows are stored as float or bfloat16 and computed in float. Vectors are 16 floats where the file is compiled for AVX-512, else AVX2's 8: built without either (also
// with target_clones, which splits such vectors before it looks at the target) the loops take three times as long.
#pragma once
#include <cstdint>
#include <cstring>
#include <vector>
#ifdef __AVX512BF16__
#include <immintrin.h>
#endif

#ifdef __AVX512F__
constexpr int64_t kLanes = 16;
#else
constexpr int64_t kLanes = 8;
#endif
typedef float Vector __attribute__((vector_size(4 * kLanes)));
typedef int32_t Mask __attribute__((vector_size(4 * kLanes)));
typedef uint32_t Bits __attribute__((vector_size(4 * kLanes)));
typedef uint16_t Halves __attribute__((vector_size(2 * kLanes)));

// The upper half of a float.
struct BFloat16 {
  uint16_t bits;
};

#define INLINE static inline __attribute__((always_inline))

INLINE void load(Vector& v, const float* from) { std::memcpy(&v, from, sizeof v); }
INLINE void store(float* to, const Vector& v) { std::memcpy(to, &v, sizeof v); }
INLINE void load(Vector& v, const BFloat16* from) {
  Halves halves;
  std::memcpy(&halves, from, sizeof halves);
  const Bits bits = __builtin_convertvector(halves, Bits) << 16;
  std::memcpy(&v, &bits, sizeof v);
}
// Rounds to the nearest, to the even one of two; NaN stays NaN.
INLINE void store(BFloat16* to, const Vector& v) {
#ifdef __AVX512BF16__
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), (__m256i)_mm512_cvtneps_pbh((__m512)v));
#else
  Bits bits;
  std::memcpy(&bits, &v, sizeof bits);
  const Bits rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  const Bits nan = (Bits)(v != v);
  const Halves halves = __builtin_convertvector((rounded & ~nan) | (nan & 0x7fc0u), Halves);
  std::memcpy(to, &halves, sizeof halves);
#endif
}
// One number.
INLINE float widened(float from) { return from; }
INLINE float widened(BFloat16 from) {
  const uint32_t bits = static_cast<uint32_t>(from.bits) << 16;
  float v;
  std::memcpy(&v, &bits, sizeof v);
  return v;
}
INLINE void narrow(float* to, float v) { *to = v; }
INLINE void narrow(BFloat16* to, float v) {
  uint32_t bits;
  std::memcpy(&bits, &v, sizeof bits);
  to->bits = v != v ? 0x7fc0 : static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}
INLINE void keep_positive(Vector& v, const Vector& gate) {
  const Mask open = gate > 0.0f;
  Mask bits;
  std::memcpy(&bits, &v, sizeof bits);
  bits &= open;
  std::memcpy(&v, &bits, sizeof bits);
}

// Rows that are summed at a time, before the sums so far are fetched: walking down a column instead of along rows takes up to three times as long.
constexpr int kBeside = 8;

// Adds to sum and square [C] those of x - shift over `rows` rows.
template <class T>
static void add_moments(const T* x, int64_t rows, int64_t channels, const T* shift, double* sum, double* square) {
  std::vector<float> part(2 * channels);
  float *sums = part.data(), *squares = sums + channels;
  const int64_t whole = channels - channels % kLanes;
  for (int64_t r = 0; r < rows; r += kBeside) {
    const T* from = x + r * channels;
    const int count = static_cast<int>(rows - r < kBeside ? rows - r : kBeside);
    for (int64_t c = 0; c < whole; c += kLanes) {
      Vector k, v, even_sum = {}, odd_sum = {}, even_square = {}, odd_square = {};
      load(k, shift + c);
      int i = 0;
      for (; i + 2 <= count; i += 2) {
        load(v, from + i * channels + c);
        v -= k;
        even_sum += v;
        even_square += v * v;
        load(v, from + (i + 1) * channels + c);
        v -= k;
        odd_sum += v;
        odd_square += v * v;
      }
      if (i < count) {
        load(v, from + i * channels + c);
        v -= k;
        even_sum += v;
        even_square += v * v;
      }
      load(v, sums + c);
      store(sums + c, v + (even_sum + odd_sum));
      load(v, squares + c);
      store(squares + c, v + (even_square + odd_square));
    }
    for (int64_t c = whole; c < channels; ++c) {
      for (int i = 0; i < count; ++i) {
        const float v = widened(from[i * channels + c]) - widened(shift[c]);
        sums[c] += v;
        squares[c] += v * v;
      }
    }
  }
  for (int64_t c = 0; c < channels; ++c) sum[c] += sums[c], square[c] += squares[c];
}

// What a batch normalisation is by channel: y = (x - mean) a + b. Not x a + b, which for values far from 0 is the difference of large numbers.
struct Line {
  const float *mean, *a, *b;
};
INLINE Vector on_line(const Vector& x, const Line& line, int64_t c) {
  Vector m, a, b;
  load(m, line.mean + c);
  load(a, line.a + c);
  load(b, line.b + c);
  return (x - m) * a + b;
}
// Of one number, rounded as the vectors are.
INLINE float on_line(float x, const Line& line, int64_t c) { return __builtin_fmaf(x - line.mean[c], line.a[c], line.b[c]); }

// x on the line, + side, and what is below 0 becomes 0 if `relu`; side may be null.
template <class T>
static void apply_rows(const T* x, const T* side, bool relu, int64_t rows, int64_t channels, const Line line, T* y) {
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t at = r * channels;
    int64_t c = 0;
    for (; c + kLanes <= channels; c += kLanes) {
      Vector v;
      load(v, x + at + c);
      v = on_line(v, line, c);
      if (side) {
        Vector o;
        load(o, side + at + c);
        v += o;
      }
      const Vector gate = v;
      if (relu) keep_positive(v, gate);
      store(y + at + c, v);
    }
    for (; c < channels; ++c) {
      const float v = on_line(widened(x[at + c]), line, c) + (side ? widened(side[at + c]) : 0.0f);
      narrow(y + at + c, !relu || v > 0 ? v : 0);
    }
  }
}

// Where a ReLU was open: nowhere closed, by what came out of it, or by the line that went in. The last spares a pass over y.
template <class T>
struct Gate {
  const T* y;
  const Line* line;
  Gate from(int64_t at) const { return {y ? y + at : nullptr, line}; }
};
template <class T>
INLINE void keep_open(Vector& g, const Vector& x, const Gate<T>& gate, int64_t at, int64_t c) {
  if (gate.y) {
    Vector y;
    load(y, gate.y + at);
    keep_positive(g, y);
  } else if (gate.line) {
    keep_positive(g, on_line(x, *gate.line, c));
  }
}
template <class T>
INLINE bool is_open(float x, const Gate<T>& gate, int64_t at, int64_t c) {
  if (gate.y) return widened(gate.y[at]) > 0;
  return !gate.line || on_line(x, *gate.line, c) > 0;
}

// What add_gradients takes from one vector: g, and g (x - mean).
template <class T>
INLINE void gradient_at(const T* dy, const T* x, const Gate<T>& gate, int64_t at, int64_t c, const Vector& mean, T* dside, Vector& g, Vector& product) {
  load(g, dy + at);
  load(product, x + at);
  keep_open(g, product, gate, at, c);
  if (dside) store(dside + at, g);
  product = g * (product - mean);
}

// g = dy where the gate is open, else 0. Adds to sum and product [C] those of g and of g (x - mean); writes g to dside unless that is null.
template <class T>
static void add_gradients(const T* dy, const T* x, const Gate<T> gate, int64_t rows, int64_t channels, const float* mean, double* sum, double* product,
                          T* dside) {
  std::vector<float> part(2 * channels);
  float *sums = part.data(), *products = sums + channels;
  const int64_t whole = channels - channels % kLanes;
  for (int64_t r = 0; r < rows; r += kBeside) {
    const int64_t first = r * channels;
    const int count = static_cast<int>(rows - r < kBeside ? rows - r : kBeside);
    for (int64_t c = 0; c < whole; c += kLanes) {
      Vector m, g, v, even_sum = {}, odd_sum = {}, even_product = {}, odd_product = {};
      load(m, mean + c);
      int i = 0;
      for (; i + 2 <= count; i += 2) {
        gradient_at(dy, x, gate, first + i * channels + c, c, m, dside, g, v);
        even_sum += g;
        even_product += v;
        gradient_at(dy, x, gate, first + (i + 1) * channels + c, c, m, dside, g, v);
        odd_sum += g;
        odd_product += v;
      }
      if (i < count) {
        gradient_at(dy, x, gate, first + i * channels + c, c, m, dside, g, v);
        even_sum += g;
        even_product += v;
      }
      load(v, sums + c);
      store(sums + c, v + (even_sum + odd_sum));
      load(v, products + c);
      store(products + c, v + (even_product + odd_product));
    }
    for (int64_t c = whole; c < channels; ++c) {
      for (int i = 0; i < count; ++i) {
        const int64_t at = first + i * channels + c;
        const float g = is_open(widened(x[at]), gate, at, c) ? widened(dy[at]) : 0;
        if (dside) narrow(dside + at, g);
        sums[c] += g;
        products[c] += g * (widened(x[at]) - mean[c]);
      }
    }
  }
  for (int64_t c = 0; c < channels; ++c) sum[c] += sums[c], product[c] += products[c];
}

// dx = a g - b x - k, with g = dy where the gate is open, else 0.
template <class T>
static void apply_gradients(const T* dy, const T* x, const Gate<T> gate, int64_t rows, int64_t channels, const float* a, const float* b, const float* k, T* dx) {
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t at = r * channels;
    int64_t c = 0;
    for (; c + kLanes <= channels; c += kLanes) {
      Vector g, v, w;
      load(g, dy + at + c);
      load(v, x + at + c);
      keep_open(g, v, gate, at + c, c);
      load(w, a + c);
      g *= w;
      load(w, b + c);
      g -= v * w;
      load(w, k + c);
      g -= w;
      store(dx + at + c, g);
    }
    for (; c < channels; ++c) {
      const float g = is_open(widened(x[at + c]), gate, at + c, c) ? widened(dy[at + c]) : 0;
      narrow(dx + at + c, g * a[c] - widened(x[at + c]) * b[c] - k[c]);
    }
  }
}
