#!/bin/bash
# The base image of docker/Dockerfile, for machines that reach a Debian mirror but no image registry: pulled where that
# works, else made with debootstrap from the mirror that this machine installs its own packages from. Needs root then.
set -euo pipefail

image=$(awk 'toupper($1) == "FROM" {print $2; exit}' "$(dirname "$0")/Dockerfile")
suite=$(sed 's/.*:\([a-z]*\).*/\1/' <<< "$image")

if docker image inspect "$image" > /dev/null 2>&1; then
    exit 0
fi
if timeout 120 docker pull --quiet "$image"; then
    exit 0
fi

echo "$image cannot be pulled: making it with debootstrap" >&2
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
# apt has read every format of sources there is; the first one with the base system of this release is the mirror.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' "Codename: $codename" | head -n 1)
if [ -z "$mirror" ]; then
    echo "apt names no Debian mirror on this machine; run apt-get update first" >&2
    exit 1
fi

# A proxy that only apt knows about serves debootstrap too.
for scheme in http https; do
    proxy=$(apt-config shell value "Acquire::$scheme::Proxy" | sed -n "s/^value='\(.*\)'$/\1/p")
    if [ -n "$proxy" ] && [ "$proxy" != DIRECT ]; then
        export "${scheme}_proxy=$proxy"
    fi
done

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
if ! debootstrap --variant=minbase "$suite" "$root/tree" "$mirror" > "$root/log" 2>&1; then
    tail -n 20 "$root/log" "$root/tree/debootstrap/debootstrap.log" >&2 || true
    exit 1
fi
# What apt needs here to reach the mirror (proxies, certificates, clock checks) it needs in the image as well.
apt-config dump | grep -E '^Acquire::(http|https|Check-)' > "$root/tree/etc/apt/apt.conf.d/00machine" || true
if [ -s /etc/ssl/certs/ca-certificates.crt ]; then
    mkdir -p "$root/tree/etc/ssl/certs"
    cp -L /etc/ssl/certs/ca-certificates.crt "$root/tree/etc/ssl/certs/"
fi
tar -C "$root/tree" --exclude=./var/cache/apt/archives/*.deb -c . | docker import - "$image"
