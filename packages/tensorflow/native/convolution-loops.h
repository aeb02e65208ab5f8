// A convolution and its two gradients over images [N, H, W, C], as products of small tiles that stay in registers. They are written once for both types: in memory
// each works on words of 32 bits, a float or two bfloat16 that are multiplied and summed together. Needs AVX-512, and for bfloat16 its instructions.
#pragma once
#include <immintrin.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

typedef uint32_t Word;

#define INLINE static inline __attribute__((always_inline))

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};
typedef std::unique_ptr<Word[], Free> Words;

// Uninitialised memory for whole vectors.
static Words words(int64_t count) {
  return Words(static_cast<Word*>(std::aligned_alloc(64, (count * 4 + 127) / 64 * 64)));
}

// Memory that each thread keeps for its next call.
static Word* scratch(int which, int64_t count) {
  static thread_local Words kept[3];
  static thread_local int64_t sizes[3];
  if (sizes[which] < count) {
    kept[which] = words(count);
    sizes[which] = count;
  }
  return kept[which].get();
}

// Float32: a word is one number.
struct InFloat {
  typedef float Stored;
  static constexpr int kPerWord = 1;
  INLINE __m512 dot(__m512 sum, __m512i a, __m512i b) { return _mm512_fmadd_ps(_mm512_castsi512_ps(a), _mm512_castsi512_ps(b), sum); }
  INLINE void store(Stored* to, __m512 v) { _mm512_storeu_ps(to, v); }
  INLINE __m512 numbers(const Stored* from) { return _mm512_loadu_ps(from); }
};

// bfloat16: a word is two numbers, the sums are floats.
struct InBFloat16 {
  typedef uint16_t Stored;
  static constexpr int kPerWord = 2;
  INLINE __m512 dot(__m512 sum, __m512i a, __m512i b) { return _mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)b); }
  INLINE void store(Stored* to, __m512 v) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), (__m256i)_mm512_cvtneps_pbh(v)); }
  INLINE __m512 numbers(const Stored* from) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))), 16));
  }
};

INLINE __m512i load(const Word* from) { return _mm512_loadu_si512(from); }
INLINE void store(Word* to, __m512i v) { _mm512_storeu_si512(to, v); }
// 16 floats, rounded, in the lower halves of words
INLINE __m512i rounded(const float* from) { return _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(from))); }

// Swaps rows and columns of 16 x 16 words; rows lie `from_row` and `to_row` words apart.
INLINE void transpose(const Word* from, int64_t from_row, Word* to, int64_t to_row) {
  __m512i a[16], b[16];
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) a[i] = load(from + i * from_row);
#pragma GCC unroll 8
  for (int i = 0; i < 16; i += 2) {
    b[i] = _mm512_unpacklo_epi32(a[i], a[i + 1]);
    b[i + 1] = _mm512_unpackhi_epi32(a[i], a[i + 1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 16; i += 4) {
    a[i] = _mm512_unpacklo_epi64(b[i], b[i + 2]);
    a[i + 1] = _mm512_unpackhi_epi64(b[i], b[i + 2]);
    a[i + 2] = _mm512_unpacklo_epi64(b[i + 1], b[i + 3]);
    a[i + 3] = _mm512_unpackhi_epi64(b[i + 1], b[i + 3]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    b[i] = _mm512_shuffle_i32x4(a[i], a[i + 4], 0x88);
    b[i + 4] = _mm512_shuffle_i32x4(a[i], a[i + 4], 0xdd);
    b[i + 8] = _mm512_shuffle_i32x4(a[i + 8], a[i + 12], 0x88);
    b[i + 12] = _mm512_shuffle_i32x4(a[i + 8], a[i + 12], 0xdd);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    store(to + i * to_row, _mm512_shuffle_i32x4(b[i], b[i + 8], 0x88));
    store(to + (i + 8) * to_row, _mm512_shuffle_i32x4(b[i], b[i + 8], 0xdd));
    store(to + (i + 4) * to_row, _mm512_shuffle_i32x4(b[i + 4], b[i + 12], 0x88));
    store(to + (i + 12) * to_row, _mm512_shuffle_i32x4(b[i + 4], b[i + 12], 0xdd));
  }
}

// Images and a filter; channels are multiples of 16.
struct Shape {
  int64_t images, height, width, inputs, outputs, kernel_height, kernel_width, stride, padding;
  int64_t out_height() const { return (height + 2 * padding - kernel_height) / stride + 1; }
  int64_t out_width() const { return (width + 2 * padding - kernel_width) / stride + 1; }
  int64_t taps() const { return kernel_height * kernel_width; }
};

// Vectors of 16 columns in a tile, from the number of columns.
INLINE int vectors(int64_t columns) { return columns % 32 == 0 ? 2 : 1; }

// Filters as tiles take them, [columns / width][tap][rows in words][width]: columns are outputs and rows inputs, or the other way round for the gradient of the images. Packs block
// `block` of all taps.
template <class D>
void pack_filter(const float* filter, const Shape& shape, bool transposed, int64_t block, Word* packed) {
  const int64_t rows = transposed ? shape.outputs : shape.inputs, columns = transposed ? shape.inputs : shape.outputs;
  const int64_t width = 16 * vectors(columns), depth = rows / D::kPerWord;
  Word* to = packed + block * shape.taps() * depth * width;
  for (int64_t tap = 0; tap < shape.taps(); ++tap, to += depth * width) {
    const float* from = filter + tap * rows * columns;
    for (int64_t part = 0; part < width; part += 16) {
      const int64_t column = block * width + part;
      if (!transposed) {
        for (int64_t d = 0; d < depth; ++d) {
          const float* row = from + d * D::kPerWord * columns + column;
          if (D::kPerWord == 1) store(to + d * width + part, _mm512_loadu_si512(row));
          else store(to + d * width + part, _mm512_or_si512(rounded(row), _mm512_slli_epi32(rounded(row + columns), 16)));
        }
      } else if (D::kPerWord == 1) {
        for (int64_t d = 0; d < depth; d += 16) transpose(reinterpret_cast<const Word*>(from + column * rows + d), rows, to + d * width + part, width);
      } else {
        for (int64_t d = 0; d < depth; d += 8) {
          alignas(64) Word narrow[16 * 16], turned[16 * 16];
          for (int i = 0; i < 16; ++i) {
            _mm256_store_si256(reinterpret_cast<__m256i*>(narrow + 16 * i), (__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(from + (column + i) * rows + 2 * d)));
            _mm256_store_si256(reinterpret_cast<__m256i*>(narrow + 16 * i + 8), _mm256_setzero_si256());
          }
          transpose(narrow, 16, turned, 16);
          for (int i = 0; i < 8; ++i) store(to + (d + i) * width + part, load(turned + 16 * i));
        }
      }
    }
  }
}

// One place of a filter: where its input is as seen from the pixel's, and its words.
struct Tap {
  int64_t offset;
  const Word* filter;
};

constexpr int kPixels = 8;

// Where 16 numbers of a result go, and what is added to them on the way: numbers at the same place of another tensor, or nothing.
template <class D>
struct Target {
  typename D::Stored* to;
  const typename D::Stored* plus;
  INLINE void write(const Target& target, int64_t at, __m512 v) {
    D::store(target.to + at, target.plus ? _mm512_add_ps(v, D::numbers(target.plus + at)) : v);
  }
};

// Sums over taps and channels for 8 pixels and 16 or 32 columns; `at` is where each pixel's are in the target. With 16 there are two sums of each, of even and of odd words, for the instructions to overlap.
template <class D, int V>
INLINE void tile(const Word* const* pixels, const Tap* taps, int count, int64_t depth, const Target<D>& target, const int64_t* at, int live) {
  __m512 sum[kPixels][2];
  const Word *p0 = pixels[0], *p1 = pixels[1], *p2 = pixels[2], *p3 = pixels[3], *p4 = pixels[4], *p5 = pixels[5], *p6 = pixels[6], *p7 = pixels[7];
#pragma GCC unroll 8
  for (int i = 0; i < kPixels; ++i) sum[i][0] = sum[i][1] = _mm512_setzero_ps();
  for (int t = 0; t < count; ++t) {
    const Word* b = taps[t].filter;
    const int64_t first = taps[t].offset, last = first + depth;
    for (int64_t c = first; c < last; c += V == 2 ? 1 : 2, b += 32) {
      const __m512i b0 = load(b), b1 = load(b + 16);
#define KINDRED_PIXEL(i)                                                              \
  {                                                                                   \
    const __m512i a0 = _mm512_set1_epi32(p##i[c]);                                    \
    sum[i][0] = D::dot(sum[i][0], a0, b0);                                            \
    sum[i][1] = D::dot(sum[i][1], V == 2 ? a0 : _mm512_set1_epi32(p##i[c + 1]), b1);  \
  }
      KINDRED_PIXEL(0) KINDRED_PIXEL(1) KINDRED_PIXEL(2) KINDRED_PIXEL(3) KINDRED_PIXEL(4) KINDRED_PIXEL(5) KINDRED_PIXEL(6) KINDRED_PIXEL(7)
#undef KINDRED_PIXEL
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < kPixels; ++i) {
    if (i >= live) break;
    if (V == 2) {
      target.write(target, at[i], sum[i][0]);
      target.write(target, at[i] + 16, sum[i][1]);
    } else {
      target.write(target, at[i], _mm512_add_ps(sum[i][0], sum[i][1]));
    }
  }
}

// Pixels of the result that see the same places of the filter: (i, j) of them takes from (i step + dh, j step + dw) and is (i spread + row, j spread + column) of the result.
struct Phase {
  struct Place {
    int64_t dh, dw, tap;
  };
  int64_t height, width, step, spread, row, column;
  std::vector<Place> places;
};

// The whole convolution.
static std::vector<Phase> forward_phases(const Shape& s) {
  Phase phase{s.out_height(), s.out_width(), s.stride, 1, 0, 0, {}};
  for (int64_t kh = 0; kh < s.kernel_height; ++kh) {
    for (int64_t kw = 0; kw < s.kernel_width; ++kw) phase.places.push_back({kh - s.padding, kw - s.padding, kh * s.kernel_width + kw});
  }
  return {phase};
}

// The gradient of the images: at stride 2 every second pixel sees the same places.
static std::vector<Phase> gradient_phases(const Shape& s) {
  std::vector<Phase> phases;
  for (int64_t a = 0; a < s.stride; ++a) {
    for (int64_t b = 0; b < s.stride; ++b) {
      Phase phase{(s.height - a + s.stride - 1) / s.stride, (s.width - b + s.stride - 1) / s.stride, 1, s.stride, a, b, {}};
      for (int64_t kh = 0; kh < s.kernel_height; ++kh) {
        for (int64_t kw = 0; kw < s.kernel_width; ++kw) {
          const int64_t h = a + s.padding - kh, w = b + s.padding - kw;
          if (h % s.stride == 0 && w % s.stride == 0) phase.places.push_back({h / s.stride, w / s.stride, kh * s.kernel_width + kw});
        }
      }
      phases.push_back(phase);
    }
  }
  return phases;
}

// What is convolved and what comes out.
template <class D>
struct Product {
  const Word* from;
  Target<D> target;
  int64_t images, height, width, depth;  // of `from`; depth in words
  int64_t out_height, out_width, columns;
  const Word* filter;
  int64_t taps;
};

// Eight images at a time, the same pixel of each: none of the places outside of the images are computed. For small images, where those are many.
template <class D, int V>
void across_images(const Product<D>& p, const Phase& phase, int64_t first, int64_t block_from, int64_t block_to) {
  const int live = static_cast<int>(std::min<int64_t>(kPixels, p.images - first));
  const int64_t width = 16 * V, image = p.height * p.width * p.depth, out_image = p.out_height * p.out_width * p.columns;
  std::vector<Tap> taps(phase.places.size());
  for (int64_t block = block_from; block < block_to; ++block) {
    const Word* filter = p.filter + block * p.taps * p.depth * width;
    for (int64_t i = 0; i < phase.height; ++i) {
      for (int64_t j = 0; j < phase.width; ++j) {
        int count = 0;
        for (const Phase::Place& place : phase.places) {
          const int64_t h = i * phase.step + place.dh, w = j * phase.step + place.dw;
          if (h >= 0 && h < p.height && w >= 0 && w < p.width) taps[count++] = {(h * p.width + w) * p.depth, filter + place.tap * p.depth * width};
        }
        const Word* pixels[kPixels];
        int64_t at[kPixels];
        const int64_t pixel = ((i * phase.spread + phase.row) * p.out_width + j * phase.spread + phase.column) * p.columns + block * width;
        for (int n = 0; n < kPixels; ++n) {
          const int64_t number = first + std::min(n, live - 1);
          pixels[n] = p.from + number * image;
          at[n] = number * out_image + pixel;
        }
        tile<D, V>(pixels, taps.data(), count, p.depth, p.target, at, live);
      }
    }
  }
}

// One image, with zeros around it in memory of the thread's own, eight pixels at a time.
template <class D, int V>
void within_image(const Product<D>& p, const Phase& phase, int64_t number, int64_t block_from, int64_t block_to) {
  const int64_t width = 16 * V;
  int64_t top = 0, left = 0, bottom = 0, right = 0;
  for (const Phase::Place& place : phase.places) {
    top = std::min(top, place.dh), left = std::min(left, place.dw);
    bottom = std::max(bottom, (phase.height - 1) * phase.step + place.dh + 1), right = std::max(right, (phase.width - 1) * phase.step + place.dw + 1);
  }
  const Word* image = p.from + number * p.height * p.width * p.depth;
  int64_t row = p.width * p.depth;
  if (top < 0 || left < 0 || bottom > p.height || right > p.width) {
    const int64_t wide = right - left;
    Word* padded = scratch(0, (bottom - top) * wide * p.depth);
    for (int64_t h = top; h < bottom; ++h) {
      Word* to = padded + (h - top) * wide * p.depth;
      const bool inside = h >= 0 && h < p.height;
      const int64_t before = inside ? -left : wide, copied = inside ? std::min(p.width, right) : 0, after = wide - before - copied;
      std::memset(to, 0, before * p.depth * 4);
      std::memcpy(to + before * p.depth, image + h * p.width * p.depth, copied * p.depth * 4);
      std::memset(to + (before + copied) * p.depth, 0, after * p.depth * 4);
    }
    row = wide * p.depth;
    image = padded - top * row - left * p.depth;
  }
  const int64_t out = number * p.out_height * p.out_width * p.columns;
  std::vector<Tap> taps(phase.places.size());
  const int64_t pixels = phase.height * phase.width;
  for (int64_t block = block_from; block < block_to; ++block) {
    const Word* filter = p.filter + block * p.taps * p.depth * width;
    for (size_t t = 0; t < taps.size(); ++t) {
      const Phase::Place& place = phase.places[t];
      taps[t] = {place.dh * row + place.dw * p.depth, filter + place.tap * p.depth * width};
    }
    int64_t i = 0, j = 0;
    for (int64_t first = 0; first < pixels; first += kPixels) {
      const Word* from[kPixels];
      int64_t at[kPixels];
      for (int n = 0; n < kPixels; ++n) {
        from[n] = image + i * phase.step * row + j * phase.step * p.depth;
        at[n] = out + ((i * phase.spread + phase.row) * p.out_width + j * phase.spread + phase.column) * p.columns + block * width;
        if (first + n + 1 < pixels && ++j == phase.width) ++i, j = 0;
      }
      tile<D, V>(from, taps.data(), static_cast<int>(taps.size()), p.depth, p.target, at, static_cast<int>(std::min<int64_t>(kPixels, pixels - first)));
    }
  }
}

// Words of pixels: `rows` of them, `count` to a row.
struct Run {
  const Word* from;
  int64_t row, step;
};

// Adds to the sums of a filter's gradient, R inputs by 16 V outputs, what pixels of the images and of the gradient above give.
template <class D, int R, int V>
INLINE void filter_tile(Run x, Run dy, int64_t rows, int64_t count, float* to, int64_t to_row) {
  __m512 sum[R][V];
#pragma GCC unroll 16
  for (int i = 0; i < R; ++i) {
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) sum[i][v] = _mm512_loadu_ps(to + i * to_row + 16 * v);
  }
  for (int64_t r = 0; r < rows; ++r, x.from += x.row, dy.from += dy.row) {
    const Word *a = x.from, *b = dy.from;
    for (int64_t n = 0; n < count; ++n, a += x.step, b += dy.step) {
      __m512i right[V];
#pragma GCC unroll 2
      for (int v = 0; v < V; ++v) right[v] = load(b + 16 * v);
#pragma GCC unroll 16
      for (int i = 0; i < R; ++i) {
        const __m512i left = _mm512_set1_epi32(a[i]);
#pragma GCC unroll 2
        for (int v = 0; v < V; ++v) sum[i][v] = D::dot(sum[i][v], left, right[v]);
      }
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < R; ++i) {
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) _mm512_storeu_ps(to + i * to_row + 16 * v, sum[i][v]);
  }
}

// How images are laid out for the gradient of a filter. A word is one pixel of float32 or two that follow each other in a row of the result. Of x there is a copy for
// each column of the filter, so that what a place of the filter sees is one run of words: rows sorted by their remainder of the stride.
struct FilterLayout {
  explicit FilterLayout(const Shape& s, int per_word)
      : row((s.out_width() + per_word - 1) / per_word), pixels(row * s.out_height()), rows_each((s.height + 2 * s.padding + s.stride - 1) / s.stride),
        copy(rows_each * s.stride * row) {}
  int64_t row, pixels, rows_each, copy;
  // words from the start of a copy to where place kh begins
  int64_t begin(int64_t kh, int64_t stride) const { return ((kh % stride) * rows_each + kh / stride) * row; }
};

INLINE void two_pixels(const uint16_t* first, const uint16_t* second, Word* to) {
  const __m512i a = first ? _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(first))) : _mm512_setzero_si512();
  const __m512i b = second ? _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(second))) : _mm512_setzero_si512();
  store(to, _mm512_or_si512(a, _mm512_slli_epi32(b, 16)));
}
// 16 channels of a pixel, or of two
INLINE void one_word(const float* image, int64_t first, int64_t, Word* to) { store(to, first < 0 ? _mm512_setzero_si512() : _mm512_loadu_si512(image + first)); }
INLINE void one_word(const uint16_t* image, int64_t first, int64_t second, Word* to) { two_pixels(first < 0 ? nullptr : image + first, second < 0 ? nullptr : image + second, to); }

// 16 channels of an image as R wide blocks: [16 / R][kernel width][rows][row][R], blocks `block_words` apart.
template <class D, int R>
void pack_images(const typename D::Stored* image, const Shape& s, const FilterLayout& layout, int64_t channel, Word* to, int64_t block_words) {
  for (int64_t kw = 0; kw < s.kernel_width; ++kw) {
    for (int64_t h = 0; h < layout.rows_each * s.stride; ++h) {
      const int64_t from = h - s.padding;
      Word* line = to + (kw * layout.copy + ((h % s.stride) * layout.rows_each + h / s.stride) * layout.row) * R;
      const bool inside = from >= 0 && from < s.height;
      for (int64_t j = 0; j < layout.row; ++j) {
        const auto at = [&](int64_t column) -> int64_t {
          const int64_t w = column * s.stride + kw - s.padding;
          return inside && column < s.out_width() && w >= 0 && w < s.width ? (from * s.width + w) * s.inputs + channel : -1;
        };
        alignas(64) Word word[16];
        one_word(image, at(j * D::kPerWord), at(j * D::kPerWord + 1), R == 16 ? line + j * R : word);
        if (R == 8) {
          _mm256_storeu_si256(reinterpret_cast<__m256i*>(line + j * R), _mm256_load_si256(reinterpret_cast<const __m256i*>(word)));
          _mm256_storeu_si256(reinterpret_cast<__m256i*>(line + block_words + j * R), _mm256_load_si256(reinterpret_cast<const __m256i*>(word + 8)));
        }
      }
    }
  }
}

// 16 V outputs of the gradient above: [pixels][16 V]
template <class D, int V>
void pack_above(const typename D::Stored* image, const Shape& s, const FilterLayout& layout, int64_t channel, Word* to) {
  const int64_t wide = s.out_width();
  for (int64_t i = 0; i < s.out_height(); ++i) {
    for (int64_t j = 0; j < layout.row; ++j, to += 16 * V) {
      for (int v = 0; v < V; ++v) {
        const auto at = [&](int64_t column) -> int64_t { return column < wide ? (i * wide + column) * s.outputs + channel + 16 * v : -1; };
        one_word(image, at(j * D::kPerWord), at(j * D::kPerWord + 1), to + 16 * v);
      }
    }
  }
}

// Small images with the same pixel of all next to each other, so that runs of words are long and what is outside of the images is left out. A word is one image of float32, or two of
// them. Columns are sorted by their remainder of the stride.
struct AcrossLayout {
  AcrossLayout(int64_t width, int64_t stride, int64_t images, int per_word) : stride(stride), sorted((width + stride - 1) / stride), row(sorted * stride), count((images + per_word - 1) / per_word) {}
  int64_t stride, sorted, row, count;
  // of a column, in words of a channel from the row's start
  int64_t column(int64_t w) const { return (w % stride * sorted + w / stride) * count; }
};

// 16 channels of `images` images: words of `pitch`, of which the first 8 channels take 8 and the others go to `second`, or all 16 stand together where that is null.
template <class D>
void pack_across(const typename D::Stored* image, int64_t images, int64_t height, int64_t width, int64_t channels, const AcrossLayout& layout, int64_t channel, Word* to, Word* second, int64_t pitch) {
  const int64_t size = height * width * channels;
  for (int64_t h = 0; h < height; ++h) {
    for (int64_t w = 0; w < width; ++w) {
      const typename D::Stored* pixel = image + (h * width + w) * channels + channel;
      const int64_t begin = (h * layout.row * layout.count + layout.column(w)) * pitch;
      for (int64_t j = 0; j < layout.count; ++j) {
        const int64_t n = j * D::kPerWord, at = begin + j * pitch;
        alignas(64) Word word[16];
        one_word(pixel, n * size, n + 1 < images ? (n + 1) * size : -1, second ? word : to + at);
        if (second) {
          _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + at), _mm256_load_si256(reinterpret_cast<const __m256i*>(word)));
          _mm256_storeu_si256(reinterpret_cast<__m256i*>(second + at), _mm256_load_si256(reinterpret_cast<const __m256i*>(word + 8)));
        }
      }
    }
  }
}
