# Functions of the scripts that run checks. A script sources this file.
# shellcheck shell=bash

report=()
failed=0

# Runs a command in a subshell, where `set -e` holds, and records its result and duration.
step() {
  local heading=$1 began=$SECONDS result=ok status
  shift
  printf '\n=== %s\n' "$heading"
  set +e
  (set -e; "$@")
  status=$?
  [ "$status" -eq 0 ] || { result=FAILED; failed=1; }
  set -e
  report+=("$(printf '%-6s %4d s  %s' "$result" $((SECONDS - began)) "$heading")")
  echo "--- $heading: $result after $((SECONDS - began)) s"
}

# Prints the results of all steps, and exits with 1 if one of them has failed.
finish() {
  printf '\n'
  printf '%s\n' "${report[@]}"
  exit "$failed"
}

# Prints a message and fails.
fault() {
  echo "$*" >&2
  return 1
}

# Installs the Debian package of each COMMAND=PACKAGE whose command is missing.
debian() {
  local pair missing=() root=()
  for pair in "$@"; do
    command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  [ "$EUID" -eq 0 ] || root=(sudo)
  "${root[@]}" apt-get update -qq
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -qq --no-install-recommends "${missing[@]}" >/dev/null
}
