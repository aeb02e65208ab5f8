/** Prints the peak of resident memory, in MiB, of a process that does three steps of the CIFAR ResNet-18 of as many views as its argument says. */
import { readFileSync } from 'node:fs';
import { useTensorFlow } from '@kindred/tensorflow';
import { resnet18, stepper } from './training-step.js';

await useTensorFlow({ quiet: true });
const { step, end } = stepper(resnet18(), Number(process.argv[2]));
for (let i = 0; i < 3; i++) step();
end();
// not resourceUsage: its peak is never below what the parent held when it started this process
const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
console.log(Number(peak) / 1024);
