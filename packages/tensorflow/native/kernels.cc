// Ops of Kindred's own, registered with the TensorFlow library through its C interface. A Node-API module only so that `require` loads it;
// it exports nothing.
#include <node_api.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <mutex>
#include <vector>

#include "c-kernels.h"
#include "norm-loops.h"
#include "threads.h"

namespace {

// Rows whose float sums go into double ones; 256 KiB at most, so that channels are walked through in cache.
int64_t block_rows(int64_t channels) { return std::max<int64_t>(1, std::min<int64_t>(256, 65536 / channels)); }

struct Failure {};

struct Settings {
  float epsilon;
  // whether a tensor shaped as x is added before the ReLU
  unsigned char sided;
  // whether there is a ReLU
  unsigned char relu;
};

// The tensors of one call; frees them at its end.
class Call {
 public:
  explicit Call(TF_OpKernelContext* context) : context_(context), status_(TF_NewStatus()) {}
  ~Call() {
    for (TF_Tensor* tensor : tensors_) TF_DeleteTensor(tensor);
    TF_DeleteStatus(status_);
  }

  TF_Tensor* input(int index) {
    TF_Tensor* tensor = nullptr;
    TF_GetInput(context_, index, &tensor, status_);
    return checked(tensor);
  }

  float* output(int index, const std::vector<int64_t>& shape) {
    int64_t size = 1;
    for (int64_t length : shape) size *= length;
    TF_Tensor* tensor = TF_AllocateOutput(context_, index, TF_FLOAT, shape.data(), static_cast<int>(shape.size()), size * sizeof(float), status_);
    return static_cast<float*>(TF_TensorData(checked(tensor)));
  }

  void require(bool fact, const char* message) {
    if (fact) return;
    TF_SetStatus(status_, TF_INVALID_ARGUMENT, message);
    checked(nullptr);
  }

 private:
  TF_Tensor* checked(TF_Tensor* tensor) {
    if (tensor) tensors_.push_back(tensor);
    if (TF_GetCode(status_) == TF_OK) return tensor;
    TF_OpKernelContext_Failure(context_, status_);
    throw Failure{};
  }

  TF_OpKernelContext* context_;
  TF_Status* status_;
  std::vector<TF_Tensor*> tensors_;
};

const float* values(TF_Tensor* tensor) { return static_cast<const float*>(TF_TensorData(tensor)); }

std::vector<int64_t> shape_of(TF_Tensor* tensor) {
  std::vector<int64_t> shape;
  for (int axis = 0; axis < TF_NumDims(tensor); ++axis) shape.push_back(TF_Dim(tensor, axis));
  return shape;
}

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

// What a batch normalisation is by channel: y = a x + b.
struct Line {
  explicit Line(int64_t channels) : a(channels), b(channels) {}
  void set(int64_t c, double mean, double variance, float epsilon, float scale, float offset) {
    const double slope = scale / std::sqrt(variance + epsilon);
    a[c] = static_cast<float>(slope);
    b[c] = static_cast<float>(offset - slope * mean);
  }
  std::vector<float> a, b;
};

// And its gradient: dx = a g - b x - k, from the means of g and of g (x - mean) over all rows.
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
template <class Visit>
void moments_of(const float* x, Rows size, Visit visit) {
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
    visit(c, x[c] + shifted, std::max(0.0, sums.second(0)[c] / rows - shifted * shifted));
  }
}

void apply_line(const float* x, const float* side, bool relu, Rows size, const Line& line, float* y) {
  const int64_t wide = size.channels;
  over_blocks(size.rows, wide, [&](int, int64_t row, int64_t count) {
    const int64_t at = row * wide;
    apply_rows(x + at, side ? side + at : nullptr, relu, count, wide, line.a.data(), line.b.data(), y + at);
  });
}

// y null: no ReLU. g is written unless it is null.
Sums gradient_sums(const float* dy, const float* x, const float* y, Rows size, const float* mean, float* g) {
  const int64_t wide = size.channels;
  Sums sums(wide);
  over_blocks(size.rows, wide, [&](int run, int64_t row, int64_t count) {
    const int64_t at = row * wide;
    add_gradients(dy + at, x + at, y ? y + at : nullptr, count, wide, mean, sums.first(run), sums.second(run), g ? g + at : nullptr);
  });
  sums.collect();
  return sums;
}

void apply_gradient_line(const float* dy, const float* x, const float* y, Rows size, const GradientLine& line, float* dx) {
  const int64_t wide = size.channels;
  over_blocks(size.rows, wide, [&](int, int64_t row, int64_t count) {
    const int64_t at = row * wide;
    apply_gradients(dy + at, x + at, y ? y + at : nullptr, count, wide, line.a.data(), line.b.data(), line.k.data(), dx + at);
  });
}

// x, scale, offset, side (anything unless sided) -> y, mean, biased variance
void norm_relu(Settings settings, Call& call) {
  TF_Tensor *x = call.input(0), *scale = call.input(1), *offset = call.input(2), *side = call.input(3);
  const Rows size = rows_of(call, x, TF_TensorElementCount(scale));
  require_size(call, {offset}, size.channels, "offset must be [C]");
  if (settings.sided) require_size(call, {side}, size.rows * size.channels, "side must be shaped as x");
  float *y = call.output(0, shape_of(x)), *mean = call.output(1, {size.channels}), *variance = call.output(2, {size.channels});
  Line line(size.channels);
  moments_of(values(x), size, [&](int64_t c, double middle, double spread) {
    mean[c] = static_cast<float>(middle);
    variance[c] = static_cast<float>(spread);
    line.set(c, middle, spread, settings.epsilon, values(scale)[c], values(offset)[c]);
  });
  apply_line(values(x), settings.sided ? values(side) : nullptr, true, size, line, y);
}

// dy, x, y, scale, mean, variance -> dx, dscale, doffset, dside (empty unless sided)
void norm_relu_grad(Settings settings, Call& call) {
  TF_Tensor *dy = call.input(0), *x = call.input(1), *y = call.input(2), *scale = call.input(3), *mean = call.input(4), *variance = call.input(5);
  const Rows size = rows_of(call, x, TF_TensorElementCount(scale));
  const auto [rows, channels] = size;
  require_size(call, {dy, y}, rows * channels, "dy and y must be shaped as x");
  require_size(call, {mean, variance}, channels, "mean and variance must be [C]");
  float *dx = call.output(0, shape_of(x)), *dscale = call.output(1, {channels}), *doffset = call.output(2, {channels});
  float* dside = call.output(3, settings.sided ? shape_of(x) : std::vector<int64_t>{0});
  if (!settings.sided) dside = nullptr;
  Sums sums = gradient_sums(values(dy), values(x), values(y), size, values(mean), dside);
  GradientLine line(channels);
  for (int64_t c = 0; c < channels; ++c) {
    const double inverse = inverse_of(values(variance)[c], settings.epsilon), sum = sums.first(0)[c], product = sums.second(0)[c];
    dscale[c] = static_cast<float>(product * inverse);
    doffset[c] = static_cast<float>(sum);
    line.set(c, values(mean)[c], inverse, values(scale)[c], sum / rows, product / rows);
  }
  apply_gradient_line(dside ? dside : values(dy), values(x), dside ? nullptr : values(y), size, line, dx);
}

// The same in parts, between which the sums of other rows can be added: moments, y; sums of gradients, dx.

// x -> moments [2, C]: mean, biased variance
void norm_moments(Settings, Call& call) {
  TF_Tensor* x = call.input(0);
  call.require(TF_NumDims(x) > 0, "x must be [..., C]");
  const int64_t channels = TF_Dim(x, TF_NumDims(x) - 1);
  const Rows size = rows_of(call, x, channels);
  float* moments = call.output(0, {2, channels});
  moments_of(values(x), size, [&](int64_t c, double mean, double variance) {
    moments[c] = static_cast<float>(mean);
    moments[channels + c] = static_cast<float>(variance);
  });
}

// x, moments, scale, offset, side (anything unless sided) -> y
void norm_by(Settings settings, Call& call) {
  TF_Tensor *x = call.input(0), *moments = call.input(1), *scale = call.input(2), *offset = call.input(3), *side = call.input(4);
  const Rows size = rows_of(call, x, TF_TensorElementCount(scale));
  require_size(call, {offset}, size.channels, "offset must be [C]");
  require_size(call, {moments}, 2 * size.channels, "moments must be [2, C]");
  if (settings.sided) require_size(call, {side}, size.rows * size.channels, "side must be shaped as x");
  float* y = call.output(0, shape_of(x));
  Line line(size.channels);
  for (int64_t c = 0; c < size.channels; ++c) {
    line.set(c, values(moments)[c], values(moments)[size.channels + c], settings.epsilon, values(scale)[c], values(offset)[c]);
  }
  apply_line(values(x), settings.sided ? values(side) : nullptr, settings.relu, size, line, y);
}

// dy, x, y (anything unless relu), moments -> sums [2, C] of g and of g (x - mean), g (empty unless sided); g = dy where the ReLU was open
void norm_by_sums(Settings settings, Call& call) {
  TF_Tensor *dy = call.input(0), *x = call.input(1), *y = call.input(2), *moments = call.input(3);
  const int64_t channels = TF_TensorElementCount(moments) / 2;
  const Rows size = rows_of(call, x, channels);
  require_size(call, {dy}, size.rows * channels, "dy must be shaped as x");
  if (settings.relu) require_size(call, {y}, size.rows * channels, "y must be shaped as x");
  float *into = call.output(0, {2, channels}), *g = call.output(1, settings.sided ? shape_of(x) : std::vector<int64_t>{0});
  Sums sums = gradient_sums(values(dy), values(x), settings.relu ? values(y) : nullptr, size, values(moments), settings.sided ? g : nullptr);
  for (int64_t c = 0; c < channels; ++c) {
    into[c] = static_cast<float>(sums.first(0)[c]);
    into[channels + c] = static_cast<float>(sums.second(0)[c]);
  }
}

// dy, x, y (anything unless relu), moments, scale, means [2, C] of g and of g (x - mean) over all rows -> dx
void norm_by_grad(Settings settings, Call& call) {
  TF_Tensor *dy = call.input(0), *x = call.input(1), *y = call.input(2), *moments = call.input(3), *scale = call.input(4), *means = call.input(5);
  const Rows size = rows_of(call, x, TF_TensorElementCount(scale));
  const int64_t channels = size.channels;
  require_size(call, {dy}, size.rows * channels, "dy must be shaped as x");
  if (settings.relu) require_size(call, {y}, size.rows * channels, "y must be shaped as x");
  require_size(call, {moments, means}, 2 * channels, "moments and means must be [2, C]");
  float* dx = call.output(0, shape_of(x));
  GradientLine line(channels);
  for (int64_t c = 0; c < channels; ++c) {
    const double inverse = inverse_of(values(moments)[channels + c], settings.epsilon);
    line.set(c, values(moments)[c], inverse, values(scale)[c], values(means)[c], values(means)[channels + c]);
  }
  apply_gradient_line(values(dy), values(x), settings.relu ? values(y) : nullptr, size, line, dx);
}

void* read_settings(TF_OpKernelConstruction* construction) {
  TF_Status* status = TF_NewStatus();
  Settings* settings = new Settings{};
  TF_OpKernelConstruction_GetAttrFloat(construction, "epsilon", &settings->epsilon, status);
  TF_OpKernelConstruction_GetAttrBool(construction, "sided", &settings->sided, status);
  TF_OpKernelConstruction_GetAttrBool(construction, "relu", &settings->relu, status);
  TF_DeleteStatus(status);
  return settings;
}

template <void (*Compute)(Settings, Call&)>
void compute(void* settings, TF_OpKernelContext* context) {
  Call call(context);
  try {
    Compute(*static_cast<Settings*>(settings), call);
  } catch (const Failure&) {
  }
}

template <void (*Compute)(Settings, Call&)>
bool add_op(const char* name, std::vector<const char*> inputs, std::vector<const char*> outputs) {
  TF_Status* status = TF_NewStatus();
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(name);
  for (const char* each : inputs) TF_OpDefinitionBuilderAddInput(definition, each);
  for (const char* each : outputs) TF_OpDefinitionBuilderAddOutput(definition, each);
  TF_OpDefinitionBuilderAddAttr(definition, "epsilon: float = 0.0");
  TF_OpDefinitionBuilderAddAttr(definition, "sided: bool = false");
  TF_OpDefinitionBuilderAddAttr(definition, "relu: bool = true");
  TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, [](TF_ShapeInferenceContext*, TF_Status*) {});
  TF_RegisterOpDefinition(definition, status);
  bool done = TF_GetCode(status) == TF_OK;
  if (done) {
    auto destroy = [](void* settings) { delete static_cast<Settings*>(settings); };
    TF_RegisterKernelBuilder(name, TF_NewKernelBuilder(name, "CPU", read_settings, compute<Compute>, destroy), status);
    done = TF_GetCode(status) == TF_OK;
  }
  TF_DeleteStatus(status);
  return done;
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
    done = add_op<norm_relu>("KindredNormRelu", {"x: float", "scale: float", "offset: float", "side: float"},
                             {"y: float", "mean: float", "variance: float"}) &&
           add_op<norm_relu_grad>("KindredNormReluGrad",
                                  {"dy: float", "x: float", "y: float", "scale: float", "mean: float", "variance: float"},
                                  {"dx: float", "dscale: float", "doffset: float", "dside: float"}) &&
           add_op<norm_moments>("KindredNormMoments", {"x: float"}, {"moments: float"}) &&
           add_op<norm_by>("KindredNormBy", {"x: float", "moments: float", "scale: float", "offset: float", "side: float"}, {"y: float"}) &&
           add_op<norm_by_sums>("KindredNormBySums", {"dy: float", "x: float", "y: float", "moments: float"}, {"sums: float", "g: float"}) &&
           add_op<norm_by_grad>("KindredNormByGrad",
                                {"dy: float", "x: float", "y: float", "moments: float", "scale: float", "means: float"}, {"dx: float"});
  });
  if (!done) napi_throw_error(env, nullptr, "the library did not take Kindred's kernels");
  return exports;
}
