#!/usr/bin/env bash
# Makes what compose.yaml needs, once, in ./generated: secrets, settings, the broker's files. What is there is kept.
#
#   prepare.sh [NAME...]      names by which gateways reach the broker; default: this host's
set -euo pipefail
umask 077
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
made="$here/generated"
names=("$@")
[ $# -gt 0 ] || names=("$(hostname)")
command -v openssl >/dev/null || { echo "prepare.sh: openssl is missing" >&2; exit 2; }
mkdir -p "$made/secrets" "$made/mosquitto/conf.d" "$made/mosquitto/certs"

for secret in influx-password influx-token grafana-password broker-collector; do
    [ -s "$made/secrets/$secret" ] || openssl rand -hex 32 | tr -d '\n' >"$made/secrets/$secret"
done
for settings in collector.toml api.toml plants.toml; do
    [ -e "$made/$settings" ] || cp "$here/etc/$settings" "$made/$settings"
done

filled() { sed -e 's|@MOSQUITTO@|/etc/mosquitto|g' -e 's|@DATA@|/var/lib/mosquitto|g' \
    -e 's|^password_file .*|password_file /accounts/meterproof.passwd|' "$1"; }
# in a container the collector comes from another host: its port is inside the containers' own network
filled "$here/../mosquitto/meterproof.conf" | sed 's/^listener 1883 127.0.0.1$/listener 1883/' >"$made/mosquitto/conf.d/meterproof.conf"
filled "$here/../mosquitto/standalone.conf" >"$made/mosquitto/meterproof.conf"
[ -e "$made/mosquitto/meterproof.acl" ] || cp "$here/../mosquitto/meterproof.acl" "$made/mosquitto/meterproof.acl"
"$here/../debian/certificates.sh" "$made/mosquitto/certs" broker "${names[@]}" mosquitto localhost

# The accounts inside the containers are not ours, so files are readable; the folder around them is ours alone.
chmod -R a+rX "$made"
chmod 600 "$made/mosquitto/certs/ca.key"
chmod 700 "$made" "$made/secrets"
echo "made in $made"
