// The loops of a batch normalisation, with ReLU or without, over rows of C channels. They are bound by memory, not by arithmetic: each reads what it
// needs once. Rows are stored as float or bfloat16 and computed in float. Vectors are 8 floats, AVX2's: built without it (also with
// target_clones, which splits such vectors before it looks at the target) the loops take three times as long.
#pragma once
#include <cstdint>
#include <cstring>

typedef float Vector __attribute__((vector_size(32)));
typedef int32_t Mask __attribute__((vector_size(32)));
typedef uint32_t Bits __attribute__((vector_size(32)));
typedef uint16_t Halves __attribute__((vector_size(16)));
constexpr int64_t kLanes = 8;

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
  Bits bits;
  std::memcpy(&bits, &v, sizeof bits);
  const Bits rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  const Bits nan = (Bits)(v != v);
  const Halves halves = __builtin_convertvector((rounded & ~nan) | (nan & 0x7fc0u), Halves);
  std::memcpy(to, &halves, sizeof halves);
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

// Adds to sum and square [C] those of x - shift over `rows` rows.
template <class T>
static void add_moments(const T* x, int64_t rows, int64_t channels, const T* shift, double* sum, double* square) {
  int64_t c = 0;
  for (; c + kLanes <= channels; c += kLanes) {
    Vector k, s = {}, q = {};
    load(k, shift + c);
    for (int64_t r = 0; r < rows; ++r) {
      Vector v;
      load(v, x + r * channels + c);
      v -= k;
      s += v;
      q += v * v;
    }
    for (int i = 0; i < kLanes; ++i) sum[c + i] += s[i], square[c + i] += q[i];
  }
  for (; c < channels; ++c) {
    float s = 0, q = 0;
    for (int64_t r = 0; r < rows; ++r) {
      const float v = widened(x[r * channels + c]) - widened(shift[c]);
      s += v;
      q += v * v;
    }
    sum[c] += s, square[c] += q;
  }
}

// y = x a + b + side, and what is below 0 becomes 0 if `relu`; side may be null.
template <class T>
static void apply_rows(const T* x, const T* side, bool relu, int64_t rows, int64_t channels, const float* a, const float* b, T* y) {
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t at = r * channels;
    int64_t c = 0;
    for (; c + kLanes <= channels; c += kLanes) {
      Vector v, w, o;
      load(v, x + at + c);
      load(w, a + c);
      load(o, b + c);
      v = v * w + o;
      if (side) {
        load(o, side + at + c);
        v += o;
      }
      const Vector gate = v;
      if (relu) keep_positive(v, gate);
      store(y + at + c, v);
    }
    for (; c < channels; ++c) {
      const float v = widened(x[at + c]) * a[c] + b[c] + (side ? widened(side[at + c]) : 0.0f);
      narrow(y + at + c, !relu || v > 0 ? v : 0);
    }
  }
}

// g = dy where y > 0, else 0; y null: g = dy. Adds to sum and product [C] those of g and of g (x - mean); writes g to dside unless that is null.
template <class T>
static void add_gradients(const T* dy, const T* x, const T* y, int64_t rows, int64_t channels, const float* mean, double* sum, double* product,
                          T* dside) {
  int64_t c = 0;
  for (; c + kLanes <= channels; c += kLanes) {
    Vector m, s = {}, p = {};
    load(m, mean + c);
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t at = r * channels + c;
      Vector g, gate, v;
      load(g, dy + at);
      load(v, x + at);
      if (y) {
        load(gate, y + at);
        keep_positive(g, gate);
      }
      if (dside) store(dside + at, g);
      s += g;
      p += g * (v - m);
    }
    for (int i = 0; i < kLanes; ++i) sum[c + i] += s[i], product[c + i] += p[i];
  }
  for (; c < channels; ++c) {
    float s = 0, p = 0;
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t at = r * channels + c;
      const float g = !y || widened(y[at]) > 0 ? widened(dy[at]) : 0;
      if (dside) narrow(dside + at, g);
      s += g;
      p += g * (widened(x[at]) - mean[c]);
    }
    sum[c] += s, product[c] += p;
  }
}

// dx = a g - b x - k, with g = dy where y > 0, else 0; y null: dy is g already.
template <class T>
static void apply_gradients(const T* dy, const T* x, const T* y, int64_t rows, int64_t channels, const float* a, const float* b, const float* k, T* dx) {
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t at = r * channels;
    int64_t c = 0;
    for (; c + kLanes <= channels; c += kLanes) {
      Vector g, v, w;
      load(g, dy + at + c);
      if (y) {
        load(v, y + at + c);
        keep_positive(g, v);
      }
      load(w, a + c);
      g *= w;
      load(v, x + at + c);
      load(w, b + c);
      g -= v * w;
      load(w, k + c);
      g -= w;
      store(dx + at + c, g);
    }
    for (; c < channels; ++c) {
      const float g = !y || widened(y[at + c]) > 0 ? widened(dy[at + c]) : 0;
      narrow(dx + at + c, g * a[c] - widened(x[at + c]) * b[c] - k[c]);
    }
  }
}
