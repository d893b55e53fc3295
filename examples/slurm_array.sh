#!/bin/bash
# Splits a folder over the tasks of an array. The tasks need to know nothing of each other: each takes
# its share of the sorted names, and an image whose labels are there already is not done again, so the
# same line submitted once more finishes what a time limit cut off.
#
#     sbatch --array=1-16 examples/slurm_array.sh plates/day1 out/day1
#
#SBATCH --job-name=cells
#SBATCH --cpus-per-task=4
#SBATCH --mem=16G
#SBATCH --time=02:00:00
#SBATCH --output=cells-%A_%a.log
set -euo pipefail
images=$1 labels=$2

cd "${SLURM_SUBMIT_DIR:-.}"
# numbers that start at 1 and leave none out, as --array=1-N gives them, make shards 1/N to N/N
.venv/bin/python -m app predict -i "$images" -o "$labels" --budget none --save table \
    --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT"
