// Convolutions as ops of the TensorFlow library, on our own loops: for processors whose vectors multiply bfloat16 and that have no matrix unit.
#include "convolutions.h"

#include "convolution-jobs.h"
#include "op-call.h"

namespace {

struct Settings {
  // TF_FLOAT or TF_BFLOAT16: of images and gradients of them
  TF_DataType type;
  int64_t stride, padding;
  // what the shapes of an op's inputs do not tell: of the images, or of the filter
  int64_t height, width;
};

void require_shape(Call& call, TF_Tensor* tensor, const char* message) {
  call.require(TF_NumDims(tensor) == 4 && TF_TensorElementCount(tensor) > 0, message);
}

void require_sizes(Call& call, const Shape& shape) {
  call.require(shape.inputs % 16 == 0 && shape.outputs % 16 == 0, "channels must be multiples of 16");
  call.require(shape.stride > 0 && shape.padding >= 0 && shape.padding < shape.kernel_height && shape.padding < shape.kernel_width, "the padding must be smaller than the filter");
  call.require(shape.height + 2 * shape.padding >= shape.kernel_height && shape.width + 2 * shape.padding >= shape.kernel_width, "the filter must fit into the images");
}

// x, filter -> y
template <class D>
void convolution(const Settings& settings, Call& call) {
  TF_Tensor *x = call.input(0), *filter = call.input(1);
  require_shape(call, x, "x must be [N, H, W, C]");
  require_shape(call, filter, "the filter must be [height, width, C, outputs]");
  call.require(TF_Dim(filter, 2) == TF_Dim(x, 3), "the filter must take the channels of x");
  const Shape shape{TF_Dim(x, 0), TF_Dim(x, 1), TF_Dim(x, 2), TF_Dim(x, 3), TF_Dim(filter, 3), TF_Dim(filter, 0), TF_Dim(filter, 1), settings.stride, settings.padding};
  require_sizes(call, shape);
  auto* y = call.output<typename D::Stored>(0, {shape.images, shape.out_height(), shape.out_width(), shape.outputs});
  convolve<D>(values<typename D::Stored>(x), values(filter), shape, false, y);
}

// dy, filter, and `summed` a tensor like dx that is added -> dx
template <class D, bool summed>
void input_gradient(const Settings& settings, Call& call) {
  TF_Tensor *dy = call.input(0), *filter = call.input(1);
  require_shape(call, dy, "dy must be [N, H, W, C]");
  require_shape(call, filter, "the filter must be [height, width, inputs, C]");
  const Shape shape{TF_Dim(dy, 0), settings.height, settings.width, TF_Dim(filter, 2), TF_Dim(filter, 3), TF_Dim(filter, 0), TF_Dim(filter, 1), settings.stride, settings.padding};
  require_sizes(call, shape);
  call.require(TF_Dim(dy, 1) == shape.out_height() && TF_Dim(dy, 2) == shape.out_width() && TF_Dim(dy, 3) == shape.outputs, "dy must have the shape of the result");
  auto* dx = call.output<typename D::Stored>(0, {shape.images, shape.height, shape.width, shape.inputs});
  const typename D::Stored* plus = nullptr;
  if (summed) {
    TF_Tensor* other = call.input(2);
    call.require(TF_TensorElementCount(other) == shape.images * shape.height * shape.width * shape.inputs, "what is added must be shaped as dx");
    plus = values<typename D::Stored>(other);
  }
  convolve<D>(values<typename D::Stored>(dy), values(filter), shape, true, dx, plus);
}

// x, dy -> dfilter
template <class D>
void filter_gradient_op(const Settings& settings, Call& call) {
  TF_Tensor *x = call.input(0), *dy = call.input(1);
  require_shape(call, x, "x must be [N, H, W, C]");
  require_shape(call, dy, "dy must be [N, H, W, C]");
  const Shape shape{TF_Dim(x, 0), TF_Dim(x, 1), TF_Dim(x, 2), TF_Dim(x, 3), TF_Dim(dy, 3), settings.height, settings.width, settings.stride, settings.padding};
  require_sizes(call, shape);
  call.require(TF_Dim(dy, 0) == shape.images && TF_Dim(dy, 1) == shape.out_height() && TF_Dim(dy, 2) == shape.out_width(), "dy must have the shape of the result");
  float* dfilter = call.output(0, {shape.kernel_height, shape.kernel_width, shape.inputs, shape.outputs});
  filter_gradient<D>(values<typename D::Stored>(x), values<typename D::Stored>(dy), shape, dfilter);
}

void* read_settings(TF_OpKernelConstruction* construction) {
  TF_Status* status = TF_NewStatus();
  Settings* settings = new Settings{};
  TF_OpKernelConstruction_GetAttrType(construction, "T", &settings->type, status);
  TF_OpKernelConstruction_GetAttrInt64(construction, "stride", &settings->stride, status);
  TF_OpKernelConstruction_GetAttrInt64(construction, "padding", &settings->padding, status);
  TF_OpKernelConstruction_GetAttrInt64(construction, "height", &settings->height, status);
  TF_OpKernelConstruction_GetAttrInt64(construction, "width", &settings->width, status);
  TF_DeleteStatus(status);
  return settings;
}

using Compute = void (*)(const Settings&, Call&);

template <Compute Float, Compute BFloat16>
void compute(void* given, TF_OpKernelContext* context) {
  const Settings& settings = *static_cast<Settings*>(given);
  with_call(context, [&](Call& call) { settings.type == TF_FLOAT ? Float(settings, call) : BFloat16(settings, call); });
}

template <Compute Float, Compute BFloat16>
bool add_op(const char* name, const Texts& inputs, const char* output) {
  return register_op<Settings>(name, inputs, {output}, {"T: {float, bfloat16}", "stride: int", "padding: int", "height: int = 0", "width: int = 0"}, read_settings, compute<Float, BFloat16>);
}

}  // namespace

bool add_convolutions() {
  return add_op<convolution<InFloat>, convolution<InBFloat16>>("KindredConvolution", {"x: T", "filter: float"}, "y: T") &&
         add_op<input_gradient<InFloat, false>, input_gradient<InBFloat16, false>>("KindredConvolutionInputGrad", {"dy: T", "filter: float"}, "dx: T") &&
         add_op<input_gradient<InFloat, true>, input_gradient<InBFloat16, true>>("KindredConvolutionInputGradSum", {"dy: T", "filter: float", "plus: T"}, "dx: T") &&
         add_op<filter_gradient_op<InFloat>, filter_gradient_op<InBFloat16>>("KindredConvolutionFilterGrad", {"x: T", "dy: T"}, "dfilter: float");
}
