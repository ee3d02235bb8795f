#!/usr/bin/env bash
# The whole path by hand on the public Adult data set, as a pipeline would go it, with nothing but commands.
# Usage: sample_data/adult_walkthrough.sh ADULT.CSV [NEW-FOLDER]
# Leaves the workspace, keys, models, JUnit report and evidence pack in NEW-FOLDER (else a temporary folder, removed at the end).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] && [ -f "$1" ] || { echo "usage: $0 ADULT.CSV [NEW-FOLDER]" >&2; exit 2; }
csv=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
if [ $# -ge 2 ]; then
  if [ -e "$2" ]; then echo "$2 is there already: name a new folder" >&2; exit 2; fi
  mkdir -p "$2"
else
  set -- "$1" "$(mktemp -d)"
  trap 'rm -rf "$folder"' EXIT
fi
folder=$(cd "$2" && pwd)
[ ! -x "$here/../.venv/bin/govern" ] || PATH="$here/../.venv/bin:$PATH"
command -v govern >/dev/null || { echo "govern is not installed: make setup" >&2; exit 2; }

say() { printf '\n== %s\n' "$*"; }
expect() { # EXIT-CODE COMMAND...: shows the command, runs it, and stops where it ends otherwise
  local wanted=$1 code=0; shift
  printf '$ %s\n' "$*"
  "$@" || code=$?
  [ "$code" -eq "$wanted" ] || { echo "ended with $code, not with $wanted: $*" >&2; exit 1; }
}
run() { expect 0 "$@"; }

# Keys and trusted checkpoints stay out of the workspace; a person types a passphrase, a pipeline names a file that only it may read.
export GOVERN_HOME="$folder/home" GOVERN_PASSPHRASE_FILE="$folder/passphrases" NO_COLOR=1
(umask 077; for key in root pipeline policy-owner developer reviewer; do echo "$key: $(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')"; done >"$GOVERN_PASSPHRASE_FILE")
mkdir "$folder/workspace" && cd "$folder/workspace"

say "Train: two models, saved with skops"
run python "$here/adult_model.py" "$csv" "$folder/made"

say "A workspace, and two people with keys of their own"
run govern init --origin walkthrough/adult
run govern key new developer
run govern key enrol developer --role recorder --role approver   # who records one model may review another
run govern key new reviewer
run govern key enrol reviewer --role approver
run govern trust show -o "$folder/trust-root.json"

say "What counts as good is committed before anything is measured"
run govern policy install baseline

say "Facts: the system, the data, the runs, the models"
run govern record system adult --purpose marketing --owner model-risk --protected sex,race --jurisdictions US \
  --title "Invitation to an offer" --description "Decides who is invited to an offer."
run govern record dataset "$folder/made/train.csv" --name adult-train --purpose training --as developer
run govern record dataset "$folder/made/test.csv" --name adult-test --purpose test --as developer
for name in first second; do
  run govern record run "$name" --system adult --input adult-train@1 --code "$here/adult_model.py" --as developer
  run govern record model "$folder/made/$name.skops" --name adult --system adult --run "run/$name" --data adult-train@1 \
    --threshold "$([ "$name" = first ] && echo 0.5 || echo 0.2)" --as developer
done

gate() { # EXIT-CODE MODEL NAME
  expect "$1" govern gate "$2" --to production --data "$folder/made/$3-test.csv" --reference "$folder/made/train.csv" \
    --target income-per-year --prediction prediction --score score \
    --favourable '>50K' --positive '>50K' --junit "$folder/$3.junit.xml"
}

say "The first model is denied: exit code 1"
gate 1 adult@1 first
expect 1 govern promote adult@1 --to production

say "The second is allowed, and still not promoted before a second person has looked"
gate 0 adult@2 second
expect 1 govern promote adult@2 --to production

say "Review: the developer's own approval is refused, the reviewer signs"
run govern review list
run govern review show adult@2
expect 1 govern review approve adult@2 --reason "It is my own model" --as developer
run govern review approve adult@2 --reason "Outcomes by sex and race are within four fifths; less accuracy is accepted for it." --as reviewer

say "Promote, deploy, and ask as an admission controller would"
run govern promote adult@2 --to production
run govern deploy adult@2 --to production
run govern deploy adult@2 --to production --check
expect 1 govern deploy adult@1 --to production --check

say "Read, export, verify"
run govern status
run govern lineage adult@2
run govern export adult@2 -o "$folder/adult-2.pdf"
run govern verify
run govern verify "$folder/adult-2.pdf" --trust "$folder/trust-root.json" --replay

say "Done. The pack is $folder/adult-2.pdf, the trust root $folder/trust-root.json"
