#!/bin/sh
# The image's first command: predicts where it gets nothing or flags, tunes on `tune`, serves the page on `serve`,
# runs any other command.
case "${1--}" in
-*) exec sh /workspace/predict.sh "$@" ;;
tune)
    if [ ! -d /workspace/training ]; then
        echo "error: tune needs the training tools, which this image has not; use mediar-box:train" >&2
        exit 2
    fi
    exec python -m training "$@" ;;
serve)
    shift
    # the container's own loopback leads nowhere: who may connect is said by `docker run -p`, and by the token
    exec python -m app serve -o /workspace/outputs --host 0.0.0.0 "$@" ;;
*) exec "$@" ;;
esac
