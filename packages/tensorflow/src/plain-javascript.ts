/** The cost of doing without the engine, for messages. */

// 8 images of 32x32x32, 32 filters, forward and both gradients, on two cores: 40 s on the backend `cpu`, 0.05 s here
export const PLAIN_JAVASCRIPT = 'plain JavaScript, where a 3x3 convolution with its gradients takes some 800 times as long';
