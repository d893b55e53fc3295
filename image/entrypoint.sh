#!/bin/sh
# The image's first command: predicts where it gets nothing or flags, runs a command where it gets one.
case "${1--}" in
-*) exec sh /workspace/predict.sh "$@" ;;
*) exec "$@" ;;
esac
