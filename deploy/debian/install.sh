#!/usr/bin/env bash
# Installs meterproof from this checkout beside Debian's own Mosquitto and InfluxDB: programs, settings, accounts, units.
#
#   deploy/debian/install.sh --prefix DIR     into one folder, as an ordinary user; nothing outside it is touched
#   sudo deploy/debian/install.sh             into /opt/meterproof, /etc/meterproof and /var/lib/meterproof
#
# Run it again to upgrade: programs and units are renewed, settings and secrets that are there already are kept.
set -euo pipefail
umask 077

usage() {
    sed -n '2,7s/^# \{0,1\}//p' "$0"
    echo "  --parts edge,collector,api   which services this machine runs (default: all)"
    echo "  --python PROGRAM             Python 3.11 or later (default: python3)"
}

fail() { echo "install.sh: $*" >&2; exit 2; }

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
checkout=$(cd "$here/../.." && pwd)
prefix="" parts="edge,collector,api" python=python3
while [ $# -gt 0 ]; do
    case "$1" in
        --prefix) prefix=${2:?--prefix needs a folder}; shift 2 ;;
        --parts) parts=${2:?--parts needs a list such as edge,collector}; shift 2 ;;
        --python) python=${2:?--python needs a program}; shift 2 ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; fail "unknown argument $1" ;;
    esac
done
for part in ${parts//,/ }; do
    case "$part" in edge | collector | api) ;; *) fail "part $part unknown; use edge, collector, api" ;; esac
done
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "$python is no Python 3.11 or later; name one with --python"

if [ -n "$prefix" ]; then
    mkdir -p "$prefix"
    prefix=$(cd "$prefix" && pwd)
    etc="$prefix/etc" var="$prefix/var" units="$prefix/units" wanted_by=default.target
    service_user="" mosquitto="$prefix/etc/mosquitto"
else
    [ "$(id -u)" -eq 0 ] || fail "without --prefix this writes to /opt, /etc and /var/lib: run it with sudo, or give --prefix DIR"
    prefix=/opt/meterproof etc=/etc/meterproof var=/var/lib/meterproof units=/etc/systemd/system
    wanted_by=multi-user.target service_user=meterproof mosquitto=/etc/mosquitto
    id meterproof >/dev/null 2>&1 || useradd --system --home-dir "$var" --shell /usr/sbin/nologin meterproof
fi

echo "programs  -> $prefix/venv"
uv=$(command -v uv || true)
if [ -z "$uv" ]; then
    "$python" -c 'import venv, ensurepip' 2>/dev/null || fail "the venv module of $python is missing: apt install python3-venv"
    [ -x "$prefix/tools/bin/uv" ] || "$python" -m venv "$prefix/tools"
    "$prefix/tools/bin/pip" install --quiet --disable-pip-version-check 'uv>=0.9,<1'
    uv="$prefix/tools/bin/uv"
fi
# exactly the versions of uv.lock, and the rooms as ordinary packages: the checkout may go away afterwards
(cd "$checkout" && umask 022 &&
    UV_PROJECT_ENVIRONMENT="$prefix/venv" UV_LINK_MODE=copy "$uv" sync --quiet --frozen --no-default-groups --no-editable --python "$python")

mkdir -p "$etc/secrets" "$var" "$units"
secret() { # a new secret of 32 random bytes, unless there is one
    [ -s "$etc/secrets/$1" ] || "$prefix/venv/bin/python" -c 'import secrets; print(secrets.token_urlsafe(32))' >"$etc/secrets/$1"
}
filled() { # a template with this installation's paths
    sed -e "s|@ETC@|$etc|g" -e "s|@VAR@|$var|g" -e "s|@VENV@|$prefix/venv|g" -e "s|@WANTED_BY@|$wanted_by|g" \
        -e "s|@MOSQUITTO@|$mosquitto|g" -e "s|@DATA@|$var/mosquitto|g" "$1"
}
settings() { # settings are written once: afterwards they are the user's
    if [ -e "$etc/$1" ]; then
        echo "settings     $etc/$1 is kept"
    else
        filled "$here/etc/$1" >"$etc/$1"
        echo "settings  -> $etc/$1"
    fi
}
for part in ${parts//,/ }; do
    mkdir -p "$var/$part"
    settings "$part.toml"
    [ "$part" = api ] && settings plants.toml
    filled "$here/units/meterproof-$part.service" >"$units/meterproof-$part.service"
    # a service of one's own session runs as oneself already
    if [ -n "$service_user" ]; then
        sed -i "s|^# User=.*|User=$service_user\nGroup=$service_user|" "$units/meterproof-$part.service"
    fi
    chmod 644 "$units/meterproof-$part.service"
    echo "unit      -> $units/meterproof-$part.service"
done

# The broker: its settings, an account for each program of this host, and certificates for gateways elsewhere.
mkdir -p "$mosquitto/conf.d" "$mosquitto/certs" "$var/mosquitto"
filled "$here/../mosquitto/meterproof.conf" >"$mosquitto/conf.d/meterproof.conf"
filled "$here/../mosquitto/standalone.conf" >"$etc/mosquitto-standalone.conf"
[ -e "$mosquitto/meterproof.acl" ] || cp "$here/../mosquitto/meterproof.acl" "$mosquitto/meterproof.acl"
secret broker-collector
secret broker-gateway-1
if [ ! -s "$mosquitto/meterproof.passwd" ]; then
    command -v mosquitto_passwd >/dev/null || fail "mosquitto_passwd is missing: apt install mosquitto"
    {
        echo "collector:$(cat "$etc/secrets/broker-collector")"
        echo "simulated-works/gateway-1:$(cat "$etc/secrets/broker-gateway-1")"
    } >"$mosquitto/meterproof.passwd"
    mosquitto_passwd -U "$mosquitto/meterproof.passwd" # hashes in place: no password on a command line
fi
"$here/certificates.sh" "$mosquitto/certs" broker "$(hostname)" localhost
chmod 755 "$mosquitto/certs" && chmod 644 "$mosquitto/certs"/*.pem
echo "broker    -> $mosquitto/conf.d/meterproof.conf"

if [ -n "$service_user" ]; then
    chmod 755 "$prefix" "$etc"
    chown -R root:"$service_user" "$etc" && chmod 640 "$etc"/*.toml "$etc"/secrets/* && chmod 750 "$etc/secrets"
    chown -R "$service_user": "$var"
    chmod 755 "$var" && chown -R mosquitto: "$var/mosquitto"
    chown mosquitto: "$mosquitto/meterproof.passwd" "$mosquitto/meterproof.acl" "$mosquitto/certs/broker.key"
    chmod 644 "$mosquitto/conf.d/meterproof.conf"
    if [ -e /lib/systemd/system/influxdb.service ]; then # Debian's InfluxDB 1.6 is started twice: see the script
        install -m 755 "$here/influxd-first-start.sh" "$etc/influxd-first-start.sh"
        mkdir -p /etc/systemd/system/influxdb.service.d
        filled "$here/units/influxdb-meterproof.conf" >/etc/systemd/system/influxdb.service.d/meterproof.conf
        chmod 644 /etc/systemd/system/influxdb.service.d/meterproof.conf
    fi
    systemctl daemon-reload 2>/dev/null || true
fi

cat <<TEXT

Next:
  systemctl restart mosquitto influxdb        Debian's own; mosquitto now reads conf.d/meterproof.conf
  $prefix/venv/bin/meterproof store setup $etc/collector.toml
  $prefix/venv/bin/meterproof-collector check $etc/collector.toml
  $([ -n "$service_user" ] && echo "systemctl enable --now" || echo "systemctl --user enable --now") $(for part in ${parts//,/ }; do printf '%s ' "$units/meterproof-$part.service"; done)
  pages: http://127.0.0.1:8642   collector: http://127.0.0.1:8643/health
TEXT
