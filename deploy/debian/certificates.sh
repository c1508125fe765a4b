#!/usr/bin/env bash
# Makes certificates for the broker's TLS listener in a folder: an authority of your own, the broker, gateways, collectors.
#
#   certificates.sh FOLDER broker NAME...          the broker, under the names by which gateways reach it
#   certificates.sh FOLDER gateway PLANT/GATEWAY   a gateway; its common name is its account
#   certificates.sh FOLDER collector NAME          a collector on another host
#
# What is there already is kept. Keep ca.key away from the network: whoever has it can be every gateway.
set -euo pipefail
umask 077
[ $# -ge 3 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2; }
command -v openssl >/dev/null || { echo "certificates.sh: openssl is missing: apt install openssl" >&2; exit 2; }
folder=$1 kind=$2
shift 2
mkdir -p "$folder"
cd "$folder"

if [ ! -s ca.pem ]; then
    openssl ecparam -name prime256v1 -genkey -noout -out ca.key
    openssl req -x509 -new -key ca.key -sha256 -days 7300 -subj "/CN=meterproof authority of $(hostname)" \
        -addext basicConstraints=critical,CA:TRUE,pathlen:0 -addext keyUsage=critical,keyCertSign,cRLSign -out ca.pem
fi

signed() { # file, common name, extensions
    if [ -s "$1.pem" ]; then
        echo "certificate  $folder/$1.pem is kept"
        return
    fi
    openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"
    # a slash in a name parts it in -subj; so it is given as a file
    printf '[req]\nprompt=no\ndistinguished_name=dn\n[dn]\nCN=%s\n' "$2" >"$1.cnf"
    openssl req -new -key "$1.key" -config "$1.cnf" -out "$1.csr"
    openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 825 -sha256 \
        -extfile <(printf '%s\n' "$3") -out "$1.pem" 2>/dev/null
    rm -f "$1.csr" "$1.cnf"
    echo "certificate -> $folder/$1.pem"
}

common="basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature"
case "$kind" in
    broker)
        names=$(printf 'DNS:%s,' "$@")
        signed broker "$1" "$common
extendedKeyUsage=serverAuth
subjectAltName=${names}IP:127.0.0.1"
        ;;
    gateway)
        [[ $1 =~ ^[a-z0-9-]{1,64}/[a-z0-9-]{1,64}$ ]] || { echo "certificates.sh: gateway $1: use PLANT/GATEWAY of a-z, 0-9 and '-'" >&2; exit 2; }
        signed "${1//\//.}" "$1" "$common
extendedKeyUsage=clientAuth"
        ;;
    collector)
        [[ $1 =~ ^[a-z0-9-]{1,64}$ ]] || { echo "certificates.sh: collector $1: use a-z, 0-9 and '-'" >&2; exit 2; }
        signed "$1" "$1" "$common
extendedKeyUsage=clientAuth"
        ;;
    *) echo "certificates.sh: $kind unknown; use broker, gateway or collector" >&2; exit 2 ;;
esac
