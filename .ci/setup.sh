#!/usr/bin/env bash
# Makes .venv from requirements.lock and sees that WeasyPrint and alibi-detect find their system libraries; does nothing when up to date.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=.venv
stamp=$venv/.set-up
libraries=(libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0)

say() { echo "== setup: $*"; }
fail() { echo "setup: $1" >&2; [ $# -lt 2 ] || echo "       $2" >&2; exit 1; }

# What it takes for a change to be noticed: the lock, the package's own metadata, the interpreter, this script.
state() { { cat requirements.lock pyproject.toml .ci/setup.sh; "$venv/bin/python" --version; } 2>/dev/null | sha256sum | cut -c1-64; }

install_packages() { # reason, packages...
  local reason=$1; shift
  if ! command -v apt-get >/dev/null; then
    fail "$reason" "Install what your system calls: $*"
  elif [ "$(id -u)" -ne 0 ]; then
    fail "$reason" "Run: sudo apt-get install --no-install-recommends -y $*   and then make again."
  fi
  say "$reason: installing $*"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq || fail "apt-get update did not work" "Check the network and /etc/apt, then make again."
  apt-get install -qq --no-install-recommends -y "$@" >/dev/null || fail "apt-get could not install $*" "Install them by hand, then make again."
}

fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' >/dev/null 2>&1; }

find_python() {
  local found
  for found in ${PYTHON:-python3.11 python3.12 python3}; do
    if fits "$found"; then command -v "$found"; return; fi
  done
  found=$(python3 --version 2>/dev/null || echo "no python3")
  fail "Python 3.11 or 3.12 is needed; here is ${PYTHON:+$PYTHON, which does not fit, and }$found" \
    "alibi-detect has no release for 3.13 yet. Install python3.12 (or 3.11) with its venv, or name one: make setup PYTHON=/path/to/python3.12"
}

make_venv() {
  if [ -e "$venv" ]; then
    if fits "$venv/bin/python" && "$venv/bin/python" -m pip --version >/dev/null 2>&1; then return; fi
    fail "$venv is there, but it has no working pip under Python 3.11 or 3.12" "Remove it (rm -rf $venv), then make again."
  fi
  local python
  python=$(find_python)
  if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    install_packages "$python has no venv module" "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
  fi
  say "making $venv with $("$python" --version)"
  "$python" -m venv "$venv" || { rm -rf "$venv"; fail "the virtual environment could not be made" "The message above says why."; }
}

# Imports and one page, for real: a package manager's list says less.
pango_works() { "$venv/bin/python" -W ignore -c 'from weasyprint import HTML; HTML(string="<p>x</p>").write_pdf()' >/dev/null 2>&1; }

if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(state)" ]; then exit 0; fi
make_venv
say "installing the packages of requirements.lock, each checked against its hash (some minutes the first time)"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r requirements.lock ||
  fail "the packages of requirements.lock could not be installed" "The message above says why; a network and about 3 GB are needed once."
say "installing this package, editable"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --no-deps --no-build-isolation --editable . ||
  fail "this package could not be installed" "The message above says why."
say "trying WeasyPrint"
pango_works || install_packages "WeasyPrint needs Pango" "${libraries[@]}"
pango_works || {
  "$venv/bin/python" -W ignore -c 'from weasyprint import HTML; HTML(string="<p>x</p>").write_pdf()' 2>&1 | tail -n 3 >&2
  fail "WeasyPrint can't make a page" "The message above names what is missing."
}
say "trying alibi-detect"
"$venv/bin/python" -W ignore -c 'import alibi_detect.cd' >/dev/null 2>&1 || {
  "$venv/bin/python" -W ignore -c 'import alibi_detect.cd' 2>&1 | tail -n 3 >&2
  fail "alibi-detect can't be imported" "The message above names what is missing."
}
state >"$stamp"
say "done"
