/** A run on several ranks: what they must have in common, and what rank 0 reads for all. */
import { type Communicator, decodeSafetensors, encodeSafetensors, type Normalize } from '@kindred/core';
import { agree, broadcastBytes, normalizeAcross } from '@kindred/distributed';
import { currentPrecision } from '@kindred/tensorflow';
import type { Checkpoint } from '@kindred/training';
import type { InitialWeights } from '../init/initial-weights.js';
import type { PretrainSettings } from '../settings/pretrain-settings.js';

/**
 * Refuses ranks that were given other settings, or other data. Where the images are may differ from machine to machine.
 *
 * @throws StateError on every rank, with the first setting that differs, and whose it is.
 */
export function agreeOnRun(communicator: Communicator, settings: PretrainSettings, fingerprint: string): void {
  const facts = Object.entries(settings).flatMap(([name, value]) => (name === 'data' ? [] : [[name, JSON.stringify(value)]]));
  // auto may choose otherwise on another machine
  agree(communicator, 'pretrain', { ...Object.fromEntries(facts), data: fingerprint, precision: currentPrecision() });
}

/** How a run's networks normalise on its ranks; undefined on one. */
export function normalizeOf({ batchNormAcross = 'ranks' }: PretrainSettings, communicator: Communicator): Normalize | undefined {
  if (communicator.size === 1) return undefined;
  return normalizeAcross(communicator, { statistics: batchNormAcross === 'ranks' ? 'synchronized' : 'local' });
}

/** Weights that rank 0 has read, for all. */
export function broadcastInit(communicator: Communicator, init: InitialWeights | undefined): InitialWeights | undefined {
  if (communicator.size === 1) return init;
  const { tensors = {}, ...facts } = init ?? {};
  const bytes = broadcastBytes(communicator, init === undefined ? new Uint8Array() : encodeSafetensors(tensors, { facts: JSON.stringify(facts) }));
  if (bytes.length === 0) return undefined;
  const { tensors: received, metadata } = decodeSafetensors(bytes);
  return { ...(JSON.parse(metadata['facts']!) as Omit<InitialWeights, 'tensors'>), tensors: received };
}

/** Rank 0's checkpoint for all, whose machines need not see its folder. */
export function broadcastCheckpoint(communicator: Communicator, checkpoint: Checkpoint | undefined): Checkpoint | undefined {
  if (communicator.size === 1) return checkpoint;
  const step = communicator.broadcast(Int32Array.of(checkpoint?.step ?? -1))[0]!;
  if (step < 0) return undefined;
  const parts = (['model', 'state'] as const).map((part) => {
    const own = checkpoint === undefined ? new Uint8Array() : encodeSafetensors(checkpoint[part]);
    return [part, decodeSafetensors(broadcastBytes(communicator, own)).tensors] as const;
  });
  return { step, ...(Object.fromEntries(parts) as Pick<Checkpoint, 'model' | 'state'>) };
}
