// Ops of Kindred's own, registered with the TensorFlow library through its C interface. A Node-API module only so that `require` loads it;
// it exports nothing.
#include <node_api.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <mutex>
#include <type_traits>
#include <vector>

#ifdef __AVX512BF16__
#include "convolutions.h"
#endif
#include "norm-loops.h"
#include "op-call.h"
#include "threads.h"

namespace {

// Rows whose float sums go into double ones; 256 KiB at most, so that channels are walked through in cache.
int64_t block_rows(int64_t channels) { return std::max<int64_t>(1, std::min<int64_t>(256, 65536 / channels)); }

struct Settings {
  // TF_FLOAT or TF_BFLOAT16: of x and what is shaped as it
  TF_DataType type;
  float epsilon;
  // whether a tensor shaped as x is added before the ReLU
  unsigned char sided;
  // whether there is a ReLU
  unsigned char relu;
  // of moving statistics: the share of a new batch, and what its variance is multiplied by
  float momentum, correction;
};

// Runs of rows that are summed apart: the same whatever the number of threads, so that results do not depend on it.
constexpr int kRuns = 16;

// Cuts rows into runs of whole blocks, which threads share, and calls visit(run, first row, rows) for each block.
template <class Visit>
void over_blocks(int64_t rows, int64_t channels, Visit visit) {
  struct Job {
    int64_t rows, block;
    Visit* visit;
  } job{rows, block_rows(channels), &visit};
  auto work = [](void* given, int run) {
    const Job& job = *static_cast<Job*>(given);
    const int64_t blocks = (job.rows + job.block - 1) / job.block;
    for (int64_t b = blocks * run / kRuns; b < blocks * (run + 1) / kRuns; ++b) {
      (*job.visit)(run, b * job.block, std::min(job.block, job.rows - b * job.block));
    }
  };
  if (rows * channels < 16384) {
    for (int run = 0; run < kRuns; ++run) work(&job, run);
  } else {
    Threads::shared().run(work, &job, kRuns);
  }
}

// Two sums a channel, of each run of rows.
struct Sums {
  explicit Sums(int64_t channels) : channels(channels), all(2 * channels * kRuns) {}
  double* first(int run) { return all.data() + 2 * channels * run; }
  double* second(int run) { return first(run) + channels; }
  void collect() {
    for (int run = 1; run < kRuns; ++run) {
      for (int64_t i = 0; i < 2 * channels; ++i) all[i] += first(run)[i];
    }
  }
  int64_t channels;
  std::vector<double> all;
};

struct Rows {
  int64_t rows, channels;
};

Rows rows_of(Call& call, TF_Tensor* x, int64_t channels) {
  const int64_t size = TF_TensorElementCount(x);
  call.require(channels > 0 && size > 0 && TF_NumDims(x) > 0 && TF_Dim(x, TF_NumDims(x) - 1) == channels, "x must be [..., C], what belongs to a channel [C]");
  return {size / channels, channels};
}

void require_size(Call& call, std::initializer_list<TF_Tensor*> tensors, int64_t size, const char* message) {
  for (TF_Tensor* each : tensors) call.require(TF_TensorElementCount(each) == size, message);
}

// A line for each channel.
struct Lines {
  explicit Lines(int64_t channels) : mean(channels), a(channels), b(channels) {}
  void set(int64_t c, float middle, float variance, float epsilon, float scale, float offset) {
    mean[c] = middle;
    a[c] = static_cast<float>(scale / std::sqrt(static_cast<double>(variance) + epsilon));
    b[c] = offset;
  }
  Line line() const { return {mean.data(), a.data(), b.data()}; }
  std::vector<float> mean, a, b;
};

// And of its gradient: dx = a g - b x - k, from the means of g and of g (x - mean) over all rows.
struct GradientLine {
  explicit GradientLine(int64_t channels) : a(channels), b(channels), k(channels) {}
  void set(int64_t c, double mean, double inverse, float scale, double sum, double product) {
    const double slope = scale * inverse, tilt = slope * inverse * inverse * product;
    a[c] = static_cast<float>(slope);
    b[c] = static_cast<float>(tilt);
    k[c] = static_cast<float>(slope * sum - tilt * mean);
  }
  std::vector<float> a, b, k;
};

double inverse_of(float variance, float epsilon) { return 1 / std::sqrt(static_cast<double>(variance) + epsilon); }

// visit(c, mean, biased variance) for each channel
template <class T, class Visit>
void moments_of(const T* x, Rows size, Visit visit) {
  const auto [rows, channels] = size;
  const int64_t wide = channels;
  Sums sums(channels);
  // shifted by the first row: the plain sums of squares lose the variance of values far from 0
  over_blocks(rows, channels, [&](int run, int64_t row, int64_t count) {
    add_moments(x + row * wide, count, wide, x, sums.first(run), sums.second(run));
  });
  sums.collect();
  for (int64_t c = 0; c < channels; ++c) {
    const double shifted = sums.first(0)[c] / rows;
    visit(c, widened(x[c]) + shifted, std::max(0.0, sums.second(0)[c] / rows - shifted * shifted));
  }
}

template <class T>
void apply_line(const T* x, const T* side, bool relu, Rows size, const Line& line, T* y) {
  const int64_t wide = size.channels;
  over_blocks(size.rows, wide, [&](int, int64_t row, int64_t count) {
    const int64_t at = row * wide;
    apply_rows(x + at, side ? side + at : nullptr, relu, count, wide, line, y + at);
  });
}

// g is written unless it is null.
template <class T>
Sums gradient_sums(const T* dy, const T* x, const Gate<T>& gate, Rows size, const float* mean, T* g) {
  const int64_t wide = size.channels;
  Sums sums(wide);
  over_blocks(size.rows, wide, [&](int run, int64_t row, int64_t count) {
    const int64_t at = row * wide;
    add_gradients(dy + at, x + at, gate.from(at), count, wide, mean, sums.first(run), sums.second(run), g ? g + at : nullptr);
  });
  sums.collect();
  return sums;
}

template <class T>
void apply_gradient_line(const T* dy, const T* x, const Gate<T>& gate, Rows size, const GradientLine& line, T* dx) {
  const int64_t wide = size.channels;
  over_blocks(size.rows, wide, [&](int, int64_t row, int64_t count) {
    const int64_t at = row * wide;
    apply_gradients(dy + at, x + at, gate.from(at), count, wide, line.a.data(), line.b.data(), line.k.data(), dx + at);
  });
}

// x, side (anything unless sided), scale, offset -> y, mean, biased variance; without a ReLU where that is said
template <class T>
void norm_relu(Settings settings, Call& call) {
  TF_Tensor *x = call.input(0), *side = call.input(1), *scale = call.input(2), *offset = call.input(3);
  const Rows size = rows_of(call, x, TF_TensorElementCount(scale));
  require_size(call, {offset}, size.channels, "offset must be [C]");
  if (settings.sided) require_size(call, {side}, size.rows * size.channels, "side must be shaped as x");
  T* y = call.output<T>(0, shape_of(x));
  float *mean = call.output(1, {size.channels}), *variance = call.output(2, {size.channels});
  Lines lines(size.channels);
  moments_of(values<T>(x), size, [&](int64_t c, double middle, double spread) {
    mean[c] = static_cast<float>(middle);
    variance[c] = static_cast<float>(spread);
    // from the rounded ones, as the gradient has them
    lines.set(c, mean[c], variance[c], settings.epsilon, values(scale)[c], values(offset)[c]);
  });
  apply_line(values<T>(x), settings.sided ? values<T>(side) : nullptr, settings.relu, size, lines.line(), y);
}

// dy, x, y (anything unless sided), scale, offset, mean, variance -> dx, dscale, doffset, dside (empty unless sided)
template <class T>
void norm_relu_grad(Settings settings, Call& call) {
  TF_Tensor *dy = call.input(0), *x = call.input(1), *y = call.input(2), *scale = call.input(3), *offset = call.input(4), *mean = call.input(5), *variance = call.input(6);
  const Rows size = rows_of(call, x, TF_TensorElementCount(scale));
  const auto [rows, channels] = size;
  require_size(call, {dy}, rows * channels, "dy must be shaped as x");
  if (settings.sided) require_size(call, {y}, rows * channels, "y must be shaped as x");
  require_size(call, {offset, mean, variance}, channels, "offset, mean and variance must be [C]");
  T *dx = call.output<T>(0, shape_of(x)), *dside = call.output<T>(3, settings.sided ? shape_of(x) : std::vector<int64_t>{0});
  float *dscale = call.output(1, {channels}), *doffset = call.output(2, {channels});
  if (!settings.sided) dside = nullptr;
  Lines lines(channels);
  for (int64_t c = 0; c < channels; ++c) lines.set(c, values(mean)[c], values(variance)[c], settings.epsilon, values(scale)[c], values(offset)[c]);
  const Line before = lines.line();
  const Gate<T> open{nullptr, nullptr}, by_y{values<T>(y), nullptr}, by_x{nullptr, &before};
  const Gate<T>& gate = !settings.relu ? open : settings.sided ? by_y : by_x;
  Sums sums = gradient_sums(values<T>(dy), values<T>(x), gate, size, values(mean), dside);
  GradientLine line(channels);
  for (int64_t c = 0; c < channels; ++c) {
    const double inverse = inverse_of(values(variance)[c], settings.epsilon), sum = sums.first(0)[c], product = sums.second(0)[c];
    dscale[c] = static_cast<float>(product * inverse);
    doffset[c] = static_cast<float>(sum);
    line.set(c, values(mean)[c], inverse, values(scale)[c], sum / rows, product / rows);
  }
  apply_gradient_line(dside ? dside : values<T>(dy), values<T>(x), dside ? open : gate, size, line, dx);
}

// The same in parts, between which the sums of other rows can be added: moments, y; sums of gradients, dx.

// x -> moments [2, C]: mean, biased variance
template <class T>
void norm_moments(Settings, Call& call) {
  TF_Tensor* x = call.input(0);
  call.require(TF_NumDims(x) > 0, "x must be [..., C]");
  const int64_t channels = TF_Dim(x, TF_NumDims(x) - 1);
  const Rows size = rows_of(call, x, channels);
  float* moments = call.output(0, {2, channels});
  moments_of(values<T>(x), size, [&](int64_t c, double mean, double variance) {
    moments[c] = static_cast<float>(mean);
    moments[channels + c] = static_cast<float>(variance);
  });
}

// x, side (anything unless sided), moments, scale, offset -> y
template <class T>
void norm_by(Settings settings, Call& call) {
  TF_Tensor *x = call.input(0), *side = call.input(1), *moments = call.input(2), *scale = call.input(3), *offset = call.input(4);
  const Rows size = rows_of(call, x, TF_TensorElementCount(scale));
  require_size(call, {offset}, size.channels, "offset must be [C]");
  require_size(call, {moments}, 2 * size.channels, "moments must be [2, C]");
  if (settings.sided) require_size(call, {side}, size.rows * size.channels, "side must be shaped as x");
  T* y = call.output<T>(0, shape_of(x));
  Lines lines(size.channels);
  for (int64_t c = 0; c < size.channels; ++c) {
    lines.set(c, values(moments)[c], values(moments)[size.channels + c], settings.epsilon, values(scale)[c], values(offset)[c]);
  }
  apply_line(values<T>(x), settings.sided ? values<T>(side) : nullptr, settings.relu, size, lines.line(), y);
}

// dy, x, y (anything unless relu), moments -> sums [2, C] of g and of g (x - mean), g (empty unless sided); g = dy where the ReLU was open
template <class T>
void norm_by_sums(Settings settings, Call& call) {
  TF_Tensor *dy = call.input(0), *x = call.input(1), *y = call.input(2), *moments = call.input(3);
  const int64_t channels = TF_TensorElementCount(moments) / 2;
  const Rows size = rows_of(call, x, channels);
  require_size(call, {dy}, size.rows * channels, "dy must be shaped as x");
  if (settings.relu) require_size(call, {y}, size.rows * channels, "y must be shaped as x");
  float* into = call.output(0, {2, channels});
  T* g = call.output<T>(1, settings.sided ? shape_of(x) : std::vector<int64_t>{0});
  Sums sums = gradient_sums(values<T>(dy), values<T>(x), Gate<T>{settings.relu ? values<T>(y) : nullptr, nullptr}, size, values(moments), settings.sided ? g : nullptr);
  for (int64_t c = 0; c < channels; ++c) {
    into[c] = static_cast<float>(sums.first(0)[c]);
    into[channels + c] = static_cast<float>(sums.second(0)[c]);
  }
}

// dy, x, y (anything unless relu), moments, scale, means [2, C] of g and of g (x - mean) over all rows -> dx
template <class T>
void norm_by_grad(Settings settings, Call& call) {
  TF_Tensor *dy = call.input(0), *x = call.input(1), *y = call.input(2), *moments = call.input(3), *scale = call.input(4), *means = call.input(5);
  const Rows size = rows_of(call, x, TF_TensorElementCount(scale));
  const int64_t channels = size.channels;
  require_size(call, {dy}, size.rows * channels, "dy must be shaped as x");
  if (settings.relu) require_size(call, {y}, size.rows * channels, "y must be shaped as x");
  require_size(call, {moments, means}, 2 * channels, "moments and means must be [2, C]");
  T* dx = call.output<T>(0, shape_of(x));
  GradientLine line(channels);
  for (int64_t c = 0; c < channels; ++c) {
    const double inverse = inverse_of(values(moments)[channels + c], settings.epsilon);
    line.set(c, values(moments)[c], inverse, values(scale)[c], values(means)[c], values(means)[channels + c]);
  }
  apply_gradient_line(values<T>(dy), values<T>(x), Gate<T>{settings.relu ? values<T>(y) : nullptr, nullptr}, size, line, dx);
}

// moving mean, moving variance, mean, variance of a batch -> the moving ones after it
void moving_statistics(Settings settings, Call& call) {
  const int64_t channels = TF_TensorElementCount(call.input(0));
  for (int which = 0; which < 2; ++which) {
    TF_Tensor *moving = call.input(which), *batch = call.input(2 + which);
    require_size(call, {moving, batch}, channels, "all statistics must be [C]");
    float* after = call.output(which, {channels});
    const float share = which == 0 ? settings.momentum : settings.momentum * settings.correction;
    for (int64_t c = 0; c < channels; ++c) after[c] = values(moving)[c] * (1 - settings.momentum) + values(batch)[c] * share;
  }
}

void* read_settings(TF_OpKernelConstruction* construction) {
  TF_Status* status = TF_NewStatus();
  Settings* settings = new Settings{};
  TF_OpKernelConstruction_GetAttrType(construction, "T", &settings->type, status);
  TF_OpKernelConstruction_GetAttrFloat(construction, "epsilon", &settings->epsilon, status);
  TF_OpKernelConstruction_GetAttrBool(construction, "sided", &settings->sided, status);
  TF_OpKernelConstruction_GetAttrBool(construction, "relu", &settings->relu, status);
  TF_OpKernelConstruction_GetAttrFloat(construction, "momentum", &settings->momentum, status);
  TF_OpKernelConstruction_GetAttrFloat(construction, "correction", &settings->correction, status);
  TF_DeleteStatus(status);
  return settings;
}

using Compute = void (*)(Settings, Call&);

template <Compute InFloat, Compute InBFloat16>
void compute(void* given, TF_OpKernelContext* context) {
  const Settings settings = *static_cast<Settings*>(given);
  with_call(context, [&](Call& call) { settings.type == TF_FLOAT ? InFloat(settings, call) : InBFloat16(settings, call); });
}

template <Compute InFloat, Compute InBFloat16>
bool add_op(const char* name, const Texts& inputs, const Texts& outputs) {
  return register_op<Settings>(name, inputs, outputs, {"T: {float, bfloat16} = DT_FLOAT", "epsilon: float = 0.0", "sided: bool = false", "relu: bool = true", "momentum: float = 0.0", "correction: float = 1.0"}, read_settings, compute<InFloat, InBFloat16>);
}

}  // namespace

extern "C" __attribute__((visibility("default"))) napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
    napi_throw_error(env, nullptr, "the processor has no AVX2");
    return exports;
  }
  static std::once_flag once;
  static bool done = false;
  std::call_once(once, [] {
    done = add_op<norm_relu<float>, norm_relu<BFloat16>>("KindredNormRelu", {"x: T", "side: T", "scale: float", "offset: float"},
                                                         {"y: T", "mean: float", "variance: float"}) &&
           add_op<norm_relu_grad<float>, norm_relu_grad<BFloat16>>("KindredNormReluGrad",
                                                                   {"dy: T", "x: T", "y: T", "scale: float", "offset: float", "mean: float", "variance: float"},
                                                                   {"dx: T", "dscale: float", "doffset: float", "dside: T"}) &&
           add_op<norm_moments<float>, norm_moments<BFloat16>>("KindredNormMoments", {"x: T"}, {"moments: float"}) &&
           add_op<norm_by<float>, norm_by<BFloat16>>("KindredNormBy", {"x: T", "side: T", "moments: float", "scale: float", "offset: float"}, {"y: T"}) &&
           add_op<norm_by_sums<float>, norm_by_sums<BFloat16>>("KindredNormBySums", {"dy: T", "x: T", "y: T", "moments: float"}, {"sums: float", "g: T"}) &&
           add_op<norm_by_grad<float>, norm_by_grad<BFloat16>>("KindredNormByGrad",
                                                               {"dy: T", "x: T", "y: T", "moments: float", "scale: float", "means: float"}, {"dx: T"});
    done = done && add_op<moving_statistics, moving_statistics>("KindredMovingStatistics", {"mean: float", "variance: float", "batch_mean: float", "batch_variance: float"},
                                                                 {"new_mean: float", "new_variance: float"});
#ifdef __AVX512BF16__
    done = done && add_convolutions();
#endif
  });
  if (!done) napi_throw_error(env, nullptr, "the library did not take Kindred's kernels");
  return exports;
}
