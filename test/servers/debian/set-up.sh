#!/bin/sh
# usage: set-up.sh <directory> <folder of FerretDB's go.mod>
# Puts a Debian root with DocumentDB and NATS into <directory>/root, and FerretDB into <directory>/bin, unless they are
# there. Any number of these may run at once: one builds, beside the directory, and the others wait for it.
set -eu
target=$1
module=$2
packages=postgresql-18-documentdb,nats-server
suite=forky

mkdir -p "$(dirname "$target")"
exec 9>"$target.lock"
flock 9
[ ! -d "$target" ] || exit 0

install() {
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}
command -v mmdebstrap >/dev/null || install mmdebstrap || { apt-get update && install mmdebstrap; }

# Where this machine gets Debian from, and the keys that it trusts for that.
source=$(apt-get indextargets --no-release-info --format '$(REPO_URI) $(COMPONENT) $(SOURCESENTRY)' 'Created-By: Packages' |
  awk '$2 == "main" && $1 !~ /security/ { print $1, $3; exit }')
mirror=${source% *}
sources=${source##* }
sources=${sources%:*}
[ -n "$mirror" ] || { echo "apt knows no Debian archive" >&2; exit 1; }
keyring=$(sed -n 's/^Signed-By: *\(\/[^ ]*\).*/\1/Ip; s/^deb .*signed-by=\(\/[^] ]*\).*/\1/p' "$sources" | head -n 1)
[ -n "$keyring" ] || keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# A stopped set-up leaves its folder behind; whoever holds the lock may take it away.
building=$target.building
discard() { rm -rf --one-file-system "$building"; }
discard
mkdir "$building"
trap discard EXIT
trap 'exit 1' HUP INT TERM

(cd "$module" && exec env GOFLAGS=-mod=readonly go build -trimpath -buildvcs=false -o "$building/bin/ferretdb" github.com/FerretDB/FerretDB/v2/cmd/ferretdb) &
compiling=$!
# The copy of the archive at hand may be older than its stated validity.
mmdebstrap --mode=root --variant=apt --include="$packages" --aptopt='Acquire::Check-Valid-Until "false"' \
  "$suite" "$building/root" "deb [signed-by=$keyring] $mirror $suite main"
wait "$compiling"
mv "$building" "$target"
