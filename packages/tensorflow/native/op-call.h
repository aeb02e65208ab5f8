// What an op of our own reads its inputs and makes its outputs with.
#pragma once
#include <type_traits>
#include <vector>

#include "c-kernels.h"

// Ends a call, once the library has been told why.
struct Failure {};

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

  template <class T = float>
  T* output(int index, const std::vector<int64_t>& shape) {
    int64_t size = 1;
    for (int64_t length : shape) size *= length;
    // what is no float is bfloat16
    constexpr TF_DataType type = std::is_same<T, float>::value ? TF_FLOAT : TF_BFLOAT16;
    TF_Tensor* tensor = TF_AllocateOutput(context_, index, type, shape.data(), static_cast<int>(shape.size()), size * sizeof(T), status_);
    return static_cast<T*>(TF_TensorData(checked(tensor)));
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

template <class T = float>
const T* values(TF_Tensor* tensor) {
  return static_cast<const T*>(TF_TensorData(tensor));
}

inline std::vector<int64_t> shape_of(TF_Tensor* tensor) {
  std::vector<int64_t> shape;
  for (int axis = 0; axis < TF_NumDims(tensor); ++axis) shape.push_back(TF_Dim(tensor, axis));
  return shape;
}

// Runs an op's body; what it refuses is with the library by then.
template <class Body>
void with_call(TF_OpKernelContext* context, Body body) {
  Call call(context);
  try {
    body(call);
  } catch (const Failure&) {
  }
}

using Texts = std::vector<const char*>;

// Tells the library of an op and how the processor computes it: `read` makes Settings of its attributes, `compute` takes them for each call.
template <class Settings>
bool register_op(const char* name, const Texts& inputs, const Texts& outputs, const Texts& attributes, void* (*read)(TF_OpKernelConstruction*), void (*compute)(void*, TF_OpKernelContext*)) {
  TF_Status* status = TF_NewStatus();
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(name);
  for (const char* each : inputs) TF_OpDefinitionBuilderAddInput(definition, each);
  for (const char* each : outputs) TF_OpDefinitionBuilderAddOutput(definition, each);
  for (const char* each : attributes) TF_OpDefinitionBuilderAddAttr(definition, each);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, [](TF_ShapeInferenceContext*, TF_Status*) {});
  TF_RegisterOpDefinition(definition, status);
  bool done = TF_GetCode(status) == TF_OK;
  if (done) {
    auto destroy = [](void* settings) { delete static_cast<Settings*>(settings); };
    TF_RegisterKernelBuilder(name, TF_NewKernelBuilder(name, "CPU", read, compute, destroy), status);
    done = TF_GetCode(status) == TF_OK;
  }
  TF_DeleteStatus(status);
  return done;
}
