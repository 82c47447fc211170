#!/usr/bin/env bash
# Runs Vipps MobilePay's own, unmodified JavaScript client against a simulator.
#
#   CLIENT_ID=… CLIENT_SECRET=… SUBSCRIPTION_KEY=… MSN=… run.sh BASE_URL [DIRECTORY]
#
# BASE_URL is the simulator's test world. The client is installed with `npm ci`, to DIRECTORY when one is given and beside
# this script otherwise; what is installed already is kept.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
base=${1:?the base URL of the test world}
there=${2:-$here}
: "${CLIENT_ID:?}" "${CLIENT_SECRET:?}" "${SUBSCRIPTION_KEY:?}" "${MSN:?}"
command -v node >/dev/null && command -v npm >/dev/null || { echo "run.sh: node and npm are needed" >&2; exit 1; }

mkdir -p "$there"
if [[ $there != "$here" ]]; then
  cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$here/walk.mjs" "$there/"
fi
cd "$there"
if ! cmp -s package-lock.json node_modules/.installed; then
  npm ci --silent
  cp package-lock.json node_modules/.installed
fi
exec node walk.mjs "$base"
