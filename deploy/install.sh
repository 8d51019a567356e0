#!/bin/sh
# install.sh runtime|development: everything into .venv, from the locks, with every hash checked.
# A stamp in .venv says that it is done; the Makefile calls this only when a lock is newer than the stamp.
set -eu
kind=$1
python=${PYTHON:-python3}
case $kind in
    runtime) lock=packages/operator/demonstration.txt ;;
    development) lock=requirements.txt ;;
esac

fail() {
    echo "$1" >&2
    exit 1
}

command -v "$python" >/dev/null || fail "Python is missing: install Python 3.11 or newer, or say PYTHON=… which one to use."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "Python 3.11 or newer is needed, and $python is older; say PYTHON=… which one to use."
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "Python's venv module is missing: on Debian, apt-get install python3-venv."

# A folder left half made by an interrupted run is made again.
.venv/bin/python -m pip --version >/dev/null 2>&1 || {
    echo "Making .venv"
    "$python" -m venv --clear .venv
}
export PIP_DISABLE_PIP_VERSION_CHECK=1
.venv/bin/python -m pip install --quiet --require-hashes -r packages/operator/bootstrap.txt

install() {
    .venv/bin/uv pip install --quiet --python .venv/bin/python "$@"
}

echo "Installing packages"
install --compile-bytecode --require-hashes -r "$lock"
local_packages=""
for project in packages/*/pyproject.toml services/*/pyproject.toml; do
    local_packages="$local_packages -e ${project%/pyproject.toml}"
done
# shellcheck disable=SC2086  # one option per word
install --no-deps --no-build-isolation $local_packages
.venv/bin/python -m compileall -q packages services

if ! command -v npm >/dev/null || ! command -v node >/dev/null; then
    echo "Installing Node.js into .venv"
    install --require-hashes -r deploy/node.txt
fi
echo "Installing front-end files"
if [ "$kind" = development ]; then
    .venv/bin/python -m afterglow_design.vendor --development
    echo "Installing programs that the tests sign in with"
    PATH="$PATH:$PWD/.venv/bin" npm ci --prefix tests --loglevel=error >/dev/null
    touch .venv/.development
else
    .venv/bin/python -m afterglow_design.vendor
fi
touch .venv/.runtime
