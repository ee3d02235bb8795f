#!/bin/sh
# One gate, for any pipeline: asks policy, leaves reports, and ends with the gate's own exit code.
#
#   0 allowed   1 denied, a rule failed   2 usage   3 denied, inconclusive   4 could not be evaluated
#
# The code is never softened here, and must not be by the pipeline (`|| true`, `allow_failure`, `continue-on-error`).
#
# Needs:   GOVERN_MODEL (credit@2)  GOVERN_STAGE (production)  GOVERN_DATA (file)  GOVERN_TARGET (column)
# May use: GOVERN_MODEL_FILE (skops, for rules about what the model rests on)  GOVERN_PREDICTION  GOVERN_SCORE
#           GOVERN_REFERENCE  GOVERN_FAVOURABLE  GOVERN_REPORTS (folder)
# Keys:    GOVERN_HOME holds the pipeline's own key; GOVERN_PASSPHRASE_FILE opens it. Both come from the pipeline's secrets.
set -eu

model=${GOVERN_MODEL:?name the model, such as credit@2}
stage=${GOVERN_STAGE:?name the stage, such as production}
data=${GOVERN_DATA:?name the file that is measured}
target=${GOVERN_TARGET:?name the column of true outcomes}
reports=${GOVERN_REPORTS:-govern-reports}

set -- "$model" --to "$stage" --data "$data" --target "$target"
if [ -n "${GOVERN_MODEL_FILE:-}" ]; then set -- "$@" --model "$GOVERN_MODEL_FILE"; fi
if [ -n "${GOVERN_PREDICTION:-}" ]; then set -- "$@" --prediction "$GOVERN_PREDICTION"; fi
if [ -n "${GOVERN_SCORE:-}" ]; then set -- "$@" --score "$GOVERN_SCORE"; fi
if [ -n "${GOVERN_REFERENCE:-}" ]; then set -- "$@" --reference "$GOVERN_REFERENCE"; fi
if [ -n "${GOVERN_FAVOURABLE:-}" ]; then set -- "$@" --favourable "$GOVERN_FAVOURABLE"; fi

mkdir -p "$reports"
code=0
govern gate "$@" --junit "$reports/gate.xml" --sarif "$reports/gate.sarif" --summary "$reports/gate.md" || code=$?

if [ -n "${GITHUB_STEP_SUMMARY:-}" ] && [ -f "$reports/gate.md" ]; then
    cat "$reports/gate.md" >> "$GITHUB_STEP_SUMMARY"
fi
exit "$code"
