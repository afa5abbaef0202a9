#!/bin/sh
# usage: set-up.sh <directory>
# Builds nats-server into <directory> from the go.mod beside this file, unless it is there. Safe to run at once.
set -eu
target=$1
module=$(dirname "$0")
mkdir -p "$(dirname "$target")"
exec 9>"$target.lock"
flock 9
[ ! -d "$target" ] || exit 0
building=$target.building
rm -rf "$building"
(cd "$module" && GOFLAGS=-mod=readonly go build -trimpath -buildvcs=false -o "$building/" github.com/nats-io/nats-server/v2)
mv "$building" "$target"
