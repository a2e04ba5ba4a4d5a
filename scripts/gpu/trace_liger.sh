#!/bin/sh
# Liger-Kernel's own tests of a few operators under the pytest plugin, with its table at the end.
#
#     scripts/gpu/trace_liger.sh LIGER [PYTEST OPTION ...]
#
# LIGER is a checkout of Liger-Kernel, with src/ and test/. Needs a GPU, and what its tests import.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
liger=$(cd "$1" && pwd)
shift
cd "$liger"
PYTHONPATH="$root/src:$root/scripts/gpu:$liger/src:$liger:${PYTHONPATH:-}" TRITON_DEFAULT_FP_FUSION=1 \
    exec python -m pytest -q -p liger_imports -p tritonlint.runtime.pytest_plugin --triton-compiles \
    -c /dev/null --rootdir "$liger" -p no:cacheprovider --color=no "$@"
