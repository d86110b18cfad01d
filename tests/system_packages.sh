#!/usr/bin/env bash
# Installs the programs that some tests drive and that no Python package brings: a browser, Node, ffprobe.
# Where it may not install, the tests that need them say so and are skipped; in CI that is a failure.
set -euo pipefail

declare -A packages=([chromium]=chromium [ffprobe]=ffmpeg [node]=nodejs [npm]=npm)
missing=()
for program in "${!packages[@]}"; do
  command -v "$program" > /dev/null || missing+=("${packages[$program]}")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get > /dev/null; then
  echo "installing ${missing[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
elif [ "${CI:-}" = true ]; then
  echo "missing: ${missing[*]}" >&2
  exit 1
else
  echo "not installed: ${missing[*]} (some tests will be skipped)" >&2
fi
