// A convolution and its gradients, cut into parts that threads share. Parts are the same whatever the number of threads, and so are the results.
#pragma once
#include <utility>

#include "convolution-loops.h"
#include "threads.h"

// Calls visit(i) for each i below total, on all threads.
template <class Visit>
void in_parts(int64_t total, Visit visit) {
  auto work = [](void* given, int part) { (*static_cast<Visit*>(given))(part); };
  if (total == 1) visit(0);
  else Threads::shared().run(work, &visit, static_cast<int>(total));
}

// Whether images go side by side, where no zeros around them are multiplied: up to 32x32 pixels, larger ones would leave the cache, and not so few that places
// for others stay empty.
INLINE bool side_by_side(int64_t images, int64_t pixels) { return pixels <= 32 * 32 && (images % kPixels == 0 || images >= 4 * kPixels); }

template <class D, int V>
void run_phases(const Product<D>& product, const std::vector<Phase>& phases) {
  const int64_t blocks = product.columns / (16 * V), largest = phases[0].height * phases[0].width;
  const bool across = side_by_side(product.images, largest);
  const int64_t chunks = across ? (product.images + kPixels - 1) / kPixels : product.images;
  // a part for each chunk, or several where those are few
  const int64_t shares = std::min<int64_t>(blocks, std::max<int64_t>(1, 32 / chunks));
  in_parts(chunks * shares, [&](int64_t part) {
    const int64_t chunk = part / shares, share = part % shares, from = blocks * share / shares, to = blocks * (share + 1) / shares;
    for (const Phase& phase : phases) {
      if (across) across_images<D, V>(product, phase, chunk * kPixels, from, to);
      else within_image<D, V>(product, phase, chunk, from, to);
    }
  });
}

// y from x and a filter, or with `transposed` the gradient of x from that of y; plus what is in `plus`, unless that is null.
template <class D>
void convolve(const typename D::Stored* from, const float* filter, const Shape& s, bool transposed, typename D::Stored* to, const typename D::Stored* plus = nullptr) {
  const int64_t columns = transposed ? s.inputs : s.outputs, rows = transposed ? s.outputs : s.inputs;
  const int64_t out_height = s.out_height(), out_width = s.out_width();
  const Words packed = words(s.taps() * s.inputs * s.outputs / D::kPerWord);
  in_parts(columns / (16 * vectors(columns)), [&](int64_t block) { pack_filter<D>(filter, s, transposed, block, packed.get()); });
  const Word* source = reinterpret_cast<const Word*>(from);
  const int64_t depth = rows / D::kPerWord;
  const Product<D> product = transposed ? Product<D>{source, {to, plus}, s.images, out_height, out_width, depth, s.height, s.width, columns, packed.get(), s.taps()}
                                        : Product<D>{source, {to, plus}, s.images, s.height, s.width, depth, out_height, out_width, columns, packed.get(), s.taps()};
  const std::vector<Phase> phases = transposed ? gradient_phases(s) : forward_phases(s);
  vectors(columns) == 2 ? run_phases<D, 2>(product, phases) : run_phases<D, 1>(product, phases);
}

// Inputs a tile takes: as many sums in registers with 16 outputs as with 32.
constexpr int inputs_of(int vectors) { return vectors == 2 ? 8 : 16; }
// Words of packed images that a thread works on at a time: what stays in its cache.
constexpr int64_t kCached = 1 << 17;
// Parts that have a sum of their own where a filter is small.
constexpr int64_t kRuns = 16;
// Filters from this size on are cut into parts instead of images: sixteen sums of them would be large.
constexpr int64_t kLargeFilter = 9 * 128 * 128;

// Whether a filter's gradient takes images so. For one place it costs more to lay them out than it saves.
INLINE bool goes_across(const Shape& s) { return s.taps() > 1 && side_by_side(s.images, s.out_height() * s.out_width()); }

// How many images stay in the cache then, of so many channels.
template <class D>
int64_t images_across(const Shape& s, int64_t inputs, int64_t outputs) {
  return std::max<int64_t>(1, kCached / (s.height * s.width * inputs + s.out_height() * s.out_width() * outputs)) * D::kPerWord;
}

// The run of results whose place `k` of the filter is inside of images of that length.
INLINE std::pair<int64_t, int64_t> inside(int64_t k, int64_t length, int64_t results, const Shape& s) {
  const int64_t before = s.padding - k, first = before > 0 ? (before + s.stride - 1) / s.stride : 0, last = length - 1 + before;
  return {first, last < 0 ? first : std::max(first, std::min(results, last / s.stride + 1))};
}

// All places and outputs for one block of inputs, from small images that lie side by side.
template <class D, int V>
void filter_block_across(const Shape& s, const AcrossLayout& x_layout, const AcrossLayout& layout, const Word* x, const Word* dy, int64_t dy_block, int64_t input, float* to) {
  constexpr int R = inputs_of(V);
  const int64_t height = s.out_height(), width = s.out_width();
  for (int64_t block = 0; block < s.outputs / (16 * V); ++block) {
    for (int64_t kh = 0; kh < s.kernel_height; ++kh) {
      const auto [i, bottom] = inside(kh, s.height, height, s);
      for (int64_t kw = 0; kw < s.kernel_width; ++kw) {
        const auto [j, right] = inside(kw, s.width, width, s);
        if (bottom <= i || right <= j) continue;
        const Run seen{x + ((i * s.stride + kh - s.padding) * x_layout.row * x_layout.count + x_layout.column(j * s.stride + kw - s.padding)) * R, s.stride * x_layout.row * x_layout.count * R, R};
        const Run above{dy + block * dy_block + (i * width + j) * layout.count * 16 * V, width * layout.count * 16 * V, 16 * V};
        float* sums = to + ((kh * s.kernel_width + kw) * s.inputs + input) * s.outputs + block * 16 * V;
        filter_tile<D, R, V>(seen, above, bottom - i, (right - j) * layout.count, sums, s.outputs);
      }
    }
  }
}

// The same from images one after the other.
template <class D, int V>
void filter_block(const Shape& s, const FilterLayout& layout, const Word* x, int64_t x_image, const Word* dy, int64_t dy_image, int64_t dy_block, int64_t images, int64_t input, float* to) {
  constexpr int R = inputs_of(V);
  for (int64_t block = 0; block < s.outputs / (16 * V); ++block) {
    const Run above{dy + block * dy_block, dy_image, 16 * V};
    for (int64_t kh = 0; kh < s.kernel_height; ++kh) {
      for (int64_t kw = 0; kw < s.kernel_width; ++kw) {
        const Run seen{x + (kw * layout.copy + layout.begin(kh, s.stride)) * R, x_image, R};
        float* sums = to + ((kh * s.kernel_width + kw) * s.inputs + input) * s.outputs + block * 16 * V;
        filter_tile<D, R, V>(seen, above, images, layout.pixels, sums, s.outputs);
      }
    }
  }
}

// Pixels that all places of a filter take in turn where images are read as they lie: what stays in the innermost cache.
constexpr int64_t kStrip = 128;

// Adds what one image gives to the gradient of a small filter, read where it lies: what is outside of the image is not computed.
template <class D, int V>
void filter_in_place(const Word* x, const Word* dy, const Shape& s, float* to) {
  constexpr int R = inputs_of(V);
  const int64_t height = s.out_height(), width = s.out_width(), strip = std::max<int64_t>(1, kStrip / width);
  for (int64_t input = 0; input < s.inputs; input += R) {
    for (int64_t output = 0; output < s.outputs; output += 16 * V) {
      for (int64_t row = 0; row < height; row += strip) {
        for (int64_t kh = 0; kh < s.kernel_height; ++kh) {
          const auto [top, bottom] = inside(kh, s.height, height, s);
          const int64_t i = std::max(top, row), rows = std::min(bottom, row + strip) - i;
          if (rows <= 0) continue;
          for (int64_t kw = 0; kw < s.kernel_width; ++kw) {
            const auto [j, right] = inside(kw, s.width, width, s);
            const Word* seen = x + ((i * s.stride + kh - s.padding) * s.width + j * s.stride + kw - s.padding) * s.inputs + input;
            float* sums = to + ((kh * s.kernel_width + kw) * s.inputs + input) * s.outputs + output;
            filter_tile<D, R, V>({seen, s.stride * s.width * s.inputs, s.stride * s.inputs}, {dy + (i * width + j) * s.outputs + output, width * s.outputs, s.outputs}, rows, right - j, sums, s.outputs);
          }
        }
      }
    }
  }
}

// The same from packed images, as many at a time as stay in the cache.
template <class D, int V>
void filter_packed(const typename D::Stored* x, const typename D::Stored* dy, int64_t count, const Shape& s, const FilterLayout& layout, float* to) {
  constexpr int R = inputs_of(V);
  const int64_t x_block = s.kernel_width * layout.copy * R, x_image = x_block * (s.inputs / R), dy_block = layout.pixels * 16 * V, dy_image = dy_block * (s.outputs / (16 * V));
  const int64_t group = std::max<int64_t>(1, kCached / (x_image + dy_image));
  Word *packed = scratch(1, group * x_image), *above = scratch(2, group * dy_image);
  for (int64_t first = 0; first < count; first += group) {
    const int64_t images = std::min(group, count - first);
    for (int64_t n = 0; n < images; ++n) {
      const auto* image = x + (first + n) * s.height * s.width * s.inputs;
      const auto* gradient = dy + (first + n) * s.out_height() * s.out_width() * s.outputs;
      for (int64_t c = 0; c < s.inputs; c += 16) pack_images<D, R>(image, s, layout, c, packed + n * x_image + c / R * x_block, x_block);
      for (int64_t c = 0; c < s.outputs; c += 16 * V) pack_above<D, V>(gradient, s, layout, c, above + n * dy_image + c / (16 * V) * dy_block);
    }
    for (int64_t c = 0; c < s.inputs; c += R) filter_block<D, V>(s, layout, packed + c / R * x_block, x_image, above, dy_image, dy_block, images, c, to);
  }
}

// The same from small images side by side.
template <class D, int V>
void filter_packed_across(const typename D::Stored* x, const typename D::Stored* dy, int64_t count, const Shape& s, float* to) {
  constexpr int R = inputs_of(V);
  const int64_t height = s.out_height(), width = s.out_width();
  for (int64_t first = 0, group = images_across<D>(s, s.inputs, s.outputs); first < count; first += group) {
    const int64_t images = std::min(group, count - first);
    const AcrossLayout x_layout(s.width, s.stride, images, D::kPerWord), layout(width, 1, images, D::kPerWord);
    const int64_t x_block = s.height * x_layout.row * x_layout.count * R, dy_block = height * width * layout.count * 16 * V;
    Word *packed = scratch(1, x_block * (s.inputs / R)), *above = scratch(2, dy_block * (s.outputs / (16 * V)));
    for (int64_t c = 0; c < s.inputs; c += 16) {
      pack_across<D>(x + first * s.height * s.width * s.inputs, images, s.height, s.width, s.inputs, x_layout, c, packed + c / R * x_block, R == 8 ? packed + (c / R + 1) * x_block : nullptr, R);
    }
    for (int64_t c = 0; c < s.outputs; c += 16) {
      pack_across<D>(dy + first * height * width * s.outputs, images, height, width, s.outputs, layout, c, above + c / (16 * V) * dy_block + c % (16 * V), nullptr, 16 * V);
    }
    for (int64_t c = 0; c < s.inputs; c += R) filter_block_across<D, V>(s, x_layout, layout, packed + c / R * x_block, above, dy_block, c, to);
  }
}

// A small filter: each run of images has its own sum.
template <class D, int V>
void small_filter_gradient(const typename D::Stored* x, const typename D::Stored* dy, const Shape& s, float* to) {
  const FilterLayout layout(s, D::kPerWord);
  const int64_t size = s.taps() * s.inputs * s.outputs, runs = std::min(kRuns, s.images);
  const int64_t x_image = s.height * s.width * s.inputs, dy_image = s.out_height() * s.out_width() * s.outputs;
  const Words sums = words(size * (runs - 1));
  const auto sum_of = [&](int64_t run) { return run == 0 ? to : reinterpret_cast<float*>(sums.get()) + (run - 1) * size; };
  in_parts(runs, [&](int64_t run) {
    const int64_t first = s.images * run / runs, last = s.images * (run + 1) / runs;
    std::memset(sum_of(run), 0, size * 4);
    if constexpr (D::kPerWord == 1) {
      for (int64_t n = first; n < last; ++n) filter_in_place<D, V>(reinterpret_cast<const Word*>(x + n * x_image), reinterpret_cast<const Word*>(dy + n * dy_image), s, sum_of(run));
    } else if (goes_across(s)) {
      filter_packed_across<D, V>(x + first * x_image, dy + first * dy_image, last - first, s, sum_of(run));
    } else {
      filter_packed<D, V>(x + first * x_image, dy + first * dy_image, last - first, s, layout, sum_of(run));
    }
  });
  in_parts(kRuns, [&](int64_t part) {
    const int64_t from = size / 16 * part / kRuns * 16, until = size / 16 * (part + 1) / kRuns * 16;
    for (int64_t run = 1; run < runs; ++run) {
      const float* other = sum_of(run);
      for (int64_t i = from; i < until; i += 16) _mm512_storeu_ps(to + i, _mm512_add_ps(_mm512_loadu_ps(to + i), _mm512_loadu_ps(other + i)));
    }
  });
}

// A large filter: each part has 16 inputs and all images.
template <class D, int V>
void large_filter_gradient(const typename D::Stored* x, const typename D::Stored* dy, const Shape& s, float* to) {
  const FilterLayout layout(s, D::kPerWord);
  constexpr int R = inputs_of(V);
  const int64_t x_image = s.kernel_width * layout.copy * R, dy_image = layout.pixels * 16 * V, dy_block = dy_image * s.images, blocks = 16 / R;
  const Words above = words(dy_block * (s.outputs / (16 * V)));
  in_parts(s.images, [&](int64_t n) {
    for (int64_t c = 0; c < s.outputs; c += 16 * V) {
      pack_above<D, V>(dy + n * s.out_height() * s.out_width() * s.outputs, s, layout, c, above.get() + c / (16 * V) * dy_block + n * dy_image);
    }
  });
  in_parts(s.inputs / 16, [&](int64_t part) {
    const int64_t input = part * 16, group = std::max<int64_t>(1, kCached / 2 / (x_image * blocks + dy_image));
    for (int64_t tap = 0; tap < s.taps(); ++tap) std::memset(to + (tap * s.inputs + input) * s.outputs, 0, 16 * s.outputs * 4);
    for (int64_t first = 0; first < s.images; first += group) {
      const int64_t images = std::min(group, s.images - first);
      Word* packed = scratch(1, group * x_image * blocks);
      for (int64_t n = 0; n < images; ++n) {
        pack_images<D, R>(x + (first + n) * s.height * s.width * s.inputs, s, layout, input, packed + n * x_image, group * x_image);
      }
      for (int64_t b = 0; b < blocks; ++b) {
        filter_block<D, V>(s, layout, packed + b * group * x_image, x_image, above.get() + first * dy_image, dy_image, dy_block, images, input + b * R, to);
      }
    }
  });
}

// The same from small images side by side.
template <class D, int V>
void large_filter_gradient_across(const typename D::Stored* x, const typename D::Stored* dy, const Shape& s, float* to) {
  constexpr int R = inputs_of(V);
  const int64_t height = s.out_height(), width = s.out_width(), group = images_across<D>(s, 16, 16 * V), groups = (s.images + group - 1) / group;
  const auto images_of = [&](int64_t g) { return std::min(group, s.images - g * group); };
  const int64_t dy_block = height * width * (group + D::kPerWord - 1) / D::kPerWord * 16 * V, blocks = s.outputs / (16 * V);
  const Words above = words(dy_block * blocks * groups);
  in_parts(groups * blocks, [&](int64_t part) {
    const int64_t g = part / blocks, block = part % blocks;
    const AcrossLayout layout(width, 1, images_of(g), D::kPerWord);
    for (int64_t c = 0; c < 16 * V; c += 16) {
      pack_across<D>(dy + g * group * height * width * s.outputs, images_of(g), height, width, s.outputs, layout, block * 16 * V + c, above.get() + part * dy_block + c, nullptr, 16 * V);
    }
  });
  in_parts(s.inputs / 16, [&](int64_t part) {
    const int64_t input = part * 16;
    for (int64_t tap = 0; tap < s.taps(); ++tap) std::memset(to + (tap * s.inputs + input) * s.outputs, 0, 16 * s.outputs * 4);
    for (int64_t g = 0; g < groups; ++g) {
      const AcrossLayout x_layout(s.width, s.stride, images_of(g), D::kPerWord), layout(width, 1, images_of(g), D::kPerWord);
      const int64_t x_block = s.height * x_layout.row * x_layout.count * R;
      Word* packed = scratch(1, x_block * (16 / R));
      pack_across<D>(x + g * group * s.height * s.width * s.inputs, images_of(g), s.height, s.width, s.inputs, x_layout, input, packed, R == 8 ? packed + x_block : nullptr, R);
      for (int64_t b = 0; b < 16 / R; ++b) {
        filter_block_across<D, V>(s, x_layout, layout, packed + b * x_block, above.get() + g * blocks * dy_block, dy_block, input + b * R, to);
      }
    }
  });
}

template <class D, int V>
void filter_gradient_of(const typename D::Stored* x, const typename D::Stored* dy, const Shape& s, float* to) {
  if (s.taps() * s.inputs * s.outputs < kLargeFilter) small_filter_gradient<D, V>(x, dy, s, to);
  else if (goes_across(s)) large_filter_gradient_across<D, V>(x, dy, s, to);
  else large_filter_gradient<D, V>(x, dy, s, to);
}

template <class D>
void filter_gradient(const typename D::Stored* x, const typename D::Stored* dy, const Shape& s, float* to) {
  vectors(s.outputs) == 2 ? filter_gradient_of<D, 2>(x, dy, s, to) : filter_gradient_of<D, 1>(x, dy, s, to);
}
