#!/bin/sh
# Starts Debian's InfluxDB 1.6 once on a port that nobody uses, and stops it again when it answers.
#
# After a crash or a full disk its log of recent writes may end in a torn entry. The start that follows cuts the entry off
# but goes on writing at the old end, and the start after that forgets all that was written in between, although it was
# acknowledged (measured on 1.6.7). A start in which nothing is written closes the gap. So: this one first.
set -eu
config=${1:-/etc/influxdb/influxdb.conf}
port=${2:-18086}
INFLUXDB_HTTP_BIND_ADDRESS=127.0.0.1:$port INFLUXDB_BIND_ADDRESS=127.0.0.1:$((port + 2)) \
    INFLUXDB_REPORTING_DISABLED=true INFLUXDB_MONITOR_STORE_ENABLED=false influxd run -config "$config" >/dev/null 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null || true' EXIT
# a large log takes its time to be read; the service manager's own time-out is what ends a wait without hope
answers="import urllib.request as u; u.urlopen('http://127.0.0.1:$port/ping', timeout=2)"
until python3 -c "$answers" 2>/dev/null; do
    kill -0 "$server" 2>/dev/null || { echo "influxd does not start with $config; see its own log" >&2; exit 1; }
    sleep 0.2
done
echo "influxd has read its log; the start that counts follows"
