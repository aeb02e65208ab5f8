/** What every test in a browser starts from: tfjs with its gradients, on WebGL. */
import * as tf from '@tensorflow/tfjs';

await tf.setBackend('webgl');
