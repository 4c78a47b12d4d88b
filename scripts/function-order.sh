#!/bin/sh
# Writes scripts/function-order.txt: the functions that a gateway runs while it starts, takes readings in, raises tickets
# and shows pages. The linker puts them side by side, which spares more than 9 MB of memory (benchmarks/README.md). To be
# run after `make build` when much has changed, with valgrind installed; minutes. Functions that are not in the list any
# more, or not yet, only lie elsewhere.
set -eu
cd "$(dirname "$0")/.."
command -v valgrind >/dev/null || { echo "function-order: valgrind is missing: apt install valgrind" >&2; exit 1; }
folder=$(mktemp -d)
broker=
gateway=
simulator=
end() {
  for process in $simulator $gateway $broker; do kill -TERM "$process" 2>/dev/null || true; done
  wait
  rm -rf "$folder"
}
trap end EXIT
# Valgrind doesn't read debugging information of this size.
strip --strip-debug -o "$folder/gatehouse" .build/release/gatehouse
for resources in .build/release/*.resources; do ln -s "$PWD/$resources" "$folder/"; done
cp -r config seeds "$folder/"
data=$folder/data
# Its own broker: under valgrind no process can be started.
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
/usr/sbin/mosquitto -p "$port" >"$folder/broker.log" 2>&1 &
broker=$!
sed -i "s|^broker: embedded|broker: mqtt://127.0.0.1:$port|" "$folder/config/gatehouse.yaml"
valgrind --tool=callgrind --demangle=no --callgrind-out-file="$folder/calls.%p" \
  "$folder/gatehouse" run --clock simulation --config "$folder/config" --data "$data" >"$folder/log" 2>&1 &
gateway=$!
until .build/release/gatehouse status --data "$data" >/dev/null 2>&1; do
  kill -0 "$gateway" || { cat "$folder/log" >&2; exit 1; }
  sleep 1
done
.build/release/estatesim play luyuan-sewer-blockage --speed 20 --duration 120s --broker "mqtt://127.0.0.1:$port" --seeds seeds --scenarios simulators/scenarios >"$folder/play.log" &
simulator=$!
page=$(sed -n 's/.*\(https*:\/\/[^ ]*\).*/\1/p' "$folder/log" | head -1)
for path in sign-in static/console.css api/tickets metrics; do curl -sk "$page$path" >/dev/null || true; done
wait "$simulator"
simulator=
kill -TERM "$gateway"
wait "$gateway" || true
gateway=
nm --defined-only "$folder/gatehouse" | awk '$2 ~ /^[tTwW]$/ { print $3 }' | sort -u >"$folder/there"
{
  for calls in "$folder"/calls.*; do sed -n 's/^c*fn=([0-9]*) //p' "$calls"; done | sed "s/'[0-9]*$//"
  # What starts the embedded broker.
  grep -E 'EmbeddedBroker|EnrolmentBook|brokerTemplate|DeviceListenerSettings|SpawningThread|SpawnAnswer|7Gateway7runTool|Foundation7ProcessC|Foundation4PipeC|FileHandleC(5close|05closeB0|10nullDevice)|NSConditionC|FileAttributeKeyV|setAttributes_12ofItem|setCatInfoAttributes|Dispatch0A9SemaphoreC|RuleEngineV6resume|PipelineC11skipSilence|(NativeSet|NativeDictionary|HashTable).*s5Int32V|^CFBagCreateMutable|CFStringConvertEncodingToNSStringEncoding|CFSocketCreateWithNative|CFRunLoopGetCurrent|NSUserName|NSString.*isEqual' "$folder/there"
  # What only thousands of devices need.
  grep -E '(RuleEngineV|RingBuffer.*)[0-9]+prefetch' "$folder/there"
} | sort -u >"$folder/called"
comm -12 "$folder/called" "$folder/there" >scripts/function-order.txt
wc -l scripts/function-order.txt
