#!/bin/sh
# Runs `swift test` with the arguments that are given, and writes what failed once more at the end: among thousands of
# lines nobody finds it, and some keep the last lines only. Ends with swift's status.
set -u
output=$(mktemp) || exit 1
trap 'rm -f "$output" "$output.status"' EXIT
{
  ${SWIFT:-swift} test "$@" 2>&1
  printf '%s\n' "$?" >"$output.status"
} | tee "$output"
status=$(cat "$output.status" || echo 1)
if [ "$status" -ne 0 ]; then
  printf '\nWhat failed:\n'
  # Of each issue the line with its place and four of those that explain it; and what swift itself says.
  awk '
    /^(◇|✔|✘|➜)/ { left = 0 }
    /^✘ .* recorded an issue / || /^error: / { left = 5 }
    left-- > 0 { print substr($0, 1, 400) }
  ' "$output" | head -n 60
fi
exit "$status"
