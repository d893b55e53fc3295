#!/bin/sh
# /workspace/inputs -> /workspace/outputs, as the challenge's organisers call it: sh predict.sh [FLAGS]
# exec: signals must reach Python, not this shell.
cd /workspace || exit 2
exec python -m app predict -i /workspace/inputs -o /workspace/outputs "$@"
