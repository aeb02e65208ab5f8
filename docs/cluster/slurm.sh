#!/bin/bash
# Pre-trains on several nodes under Slurm, one rank a node:  sbatch docs/cluster/slurm.sh settings.yaml my-run
# Before its time is up the run stops at the same step on all ranks, with a checkpoint, and the job goes back to the queue.
#SBATCH --job-name=kindred
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=32
#SBATCH --exclusive
#SBATCH --time=12:00:00
#SBATCH --signal=TERM@300
#SBATCH --requeue
#SBATCH --open-mode=append
set -uo pipefail

settings=$1
name=$2
runs=${RUNS:-runs} # on a file system that all nodes see
kindred=${KINDRED:-node_modules/.bin/kindred} # not npx: signals shall reach the ranks themselves

export TF_NUM_INTRAOP_THREADS=${SLURM_CPUS_PER_TASK:-1}
export KINDRED_MPI_TIMEOUT=${KINDRED_MPI_TIMEOUT:-900}

# Decided once, before the ranks start: one of them makes the folder while the others look
if [ -e "$runs/$name/config.json" ]; then
  what=(--resume "$runs/$name")
else
  what=("$settings" --name "$name" --runs "$runs")
fi

# pmix for Open MPI, pmi2 for MPICH and Intel MPI; `srun --mpi=list` names what the cluster has
srun --mpi="${MPI_PLUGIN:-pmix}" --cpu-bind=cores --kill-on-bad-exit=1 "$kindred" pretrain "${what[@]}"
code=$?

# 130: stopped by the signal, with a checkpoint. Launchers may report the signal instead, so the finished encoder decides.
if [ $code -ne 0 ] && [ ! -e "$runs/$name/encoder.safetensors" ] && [ -d "$runs/$name/checkpoints" ]; then
  scontrol requeue "$SLURM_JOB_ID"
fi
exit $code
