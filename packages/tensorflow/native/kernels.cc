// Ops of Kindred's own, registered with the TensorFlow library through its C interface. A Node-API module only so that `require` loads it;
// it exports nothing.
#include <node_api.h>

#include <algorithm>
#include <cmath>
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

Rows rows_of(Call& call, TF_Tensor* x, TF_Tensor* scale) {
  const int64_t size = TF_TensorElementCount(x), channels = TF_TensorElementCount(scale);
  call.require(channels > 0 && size > 0 && size % channels == 0 && TF_Dim(x, TF_NumDims(x) - 1) == channels, "x must be [..., C], scale [C]");
  return {size / channels, channels};
}

// x, scale, offset, side (anything unless sided) -> y, mean, biased variance
void norm_relu(Settings settings, Call& call) {
  TF_Tensor *x = call.input(0), *scale = call.input(1), *offset = call.input(2), *side = call.input(3);
  const auto [rows, channels] = rows_of(call, x, scale);
  call.require(TF_TensorElementCount(offset) == channels, "offset must be [C]");
  call.require(!settings.sided || TF_TensorElementCount(side) == rows * channels, "side must be shaped as x");
  float *y = call.output(0, shape_of(x)), *mean = call.output(1, {channels}), *variance = call.output(2, {channels});
  const float *from = values(x), *added = settings.sided ? values(side) : nullptr;
  const int64_t wide = channels;
  Sums sums(channels);
  // shifted by the first row: the plain sums of squares lose the variance of values far from 0
  over_blocks(rows, channels, [&](int run, int64_t row, int64_t count) {
    add_moments(from + row * wide, count, wide, from, sums.first(run), sums.second(run));
  });
  sums.collect();
  std::vector<float> a(channels), b(channels);
  for (int64_t c = 0; c < channels; ++c) {
    const double shifted = sums.first(0)[c] / rows;
    const double spread = std::max(0.0, sums.second(0)[c] / rows - shifted * shifted);
    const double slope = values(scale)[c] / std::sqrt(spread + settings.epsilon);
    mean[c] = static_cast<float>(from[c] + shifted);
    variance[c] = static_cast<float>(spread);
    a[c] = static_cast<float>(slope);
    b[c] = static_cast<float>(values(offset)[c] - slope * (from[c] + shifted));
  }
  over_blocks(rows, channels, [&](int, int64_t row, int64_t count) {
    apply_rows(from + row * wide, added ? added + row * wide : nullptr, count, wide, a.data(), b.data(), y + row * wide);
  });
}

// dy, x, y, scale, mean, variance -> dx, dscale, doffset, dside (empty unless sided)
void norm_relu_grad(Settings settings, Call& call) {
  TF_Tensor *dy = call.input(0), *x = call.input(1), *y = call.input(2), *scale = call.input(3), *mean = call.input(4), *variance = call.input(5);
  const auto [rows, channels] = rows_of(call, x, scale);
  for (TF_Tensor* each : {dy, y}) call.require(TF_TensorElementCount(each) == rows * channels, "dy and y must be shaped as x");
  for (TF_Tensor* each : {mean, variance}) call.require(TF_TensorElementCount(each) == channels, "mean and variance must be [C]");
  float *dx = call.output(0, shape_of(x)), *dscale = call.output(1, {channels}), *doffset = call.output(2, {channels});
  float* dside = call.output(3, settings.sided ? shape_of(x) : std::vector<int64_t>{0});
  if (!settings.sided) dside = nullptr;
  const float *from = values(x), *above = values(dy), *gate = values(y), *centre = values(mean);
  const int64_t wide = channels;
  Sums sums(channels);
  over_blocks(rows, channels, [&](int run, int64_t row, int64_t count) {
    const int64_t at = row * wide;
    add_gradients(above + at, from + at, gate + at, count, wide, centre, sums.first(run), sums.second(run), dside ? dside + at : nullptr);
  });
  sums.collect();
  std::vector<float> a(channels), b(channels), k(channels);
  for (int64_t c = 0; c < channels; ++c) {
    const double inverse = 1 / std::sqrt(static_cast<double>(values(variance)[c]) + settings.epsilon);
    const double slope = values(scale)[c] * inverse, sum = sums.first(0)[c], product = sums.second(0)[c];
    dscale[c] = static_cast<float>(product * inverse);
    doffset[c] = static_cast<float>(sum);
    const double tilt = slope * inverse * inverse * product / rows;
    a[c] = static_cast<float>(slope);
    b[c] = static_cast<float>(tilt);
    k[c] = static_cast<float>(slope * sum / rows - tilt * centre[c]);
  }
  over_blocks(rows, channels, [&](int, int64_t row, int64_t count) {
    const int64_t at = row * wide;
    apply_gradients((dside ? dside : above) + at, from + at, dside ? nullptr : gate + at, count, wide, a.data(), b.data(), k.data(), dx + at);
  });
}

void* read_settings(TF_OpKernelConstruction* construction) {
  TF_Status* status = TF_NewStatus();
  Settings* settings = new Settings{};
  TF_OpKernelConstruction_GetAttrFloat(construction, "epsilon", &settings->epsilon, status);
  TF_OpKernelConstruction_GetAttrBool(construction, "sided", &settings->sided, status);
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
  TF_OpDefinitionBuilderAddAttr(definition, "epsilon: float");
  TF_OpDefinitionBuilderAddAttr(definition, "sided: bool");
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
                                  {"dx: float", "dscale: float", "doffset: float", "dside: float"});
  });
  if (!done) napi_throw_error(env, nullptr, "the library did not take Kindred's kernels");
  return exports;
}
