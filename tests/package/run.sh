#!/usr/bin/env bash
# Installs the packages of a folder in a Debian 12 that has a compiler and nothing else, and builds and runs the project of
# tests/consumer there, found by CMake and by pkg-config. Needs root, debootstrap and, for apt, the network.
#
# Usage: run.sh PACKAGES FOLDER   FOLDER: for the chroot, and for what the next run need not fetch again
set -euo pipefail
packages=$(realpath "$1")
mkdir -p "$2/debs"
folder=$(realpath "$2")
root=$folder/chroot
sources=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
mirror=http://deb.debian.org/debian

if [ ! -s "$folder/base.tar" ]; then
  rm -rf "$root"
  debootstrap --variant=minbase --cache-dir="$folder/debs" --include=g++,cmake,make,pkg-config bookworm "$root" "$mirror" >"$folder/log"
  tar -C "$root" -cf "$folder/base.tar.part" . && mv "$folder/base.tar.part" "$folder/base.tar"
fi
rm -rf "$root" && mkdir "$root" && tar -C "$root" -xf "$folder/base.tar"

cp /etc/resolv.conf "$root/etc/"
echo 'force-unsafe-io' >"$root/etc/dpkg/dpkg.cfg.d/test"
# Packages that are fetched once serve the next run too.
printf '%s\n' 'Binary::apt-get::APT::Keep-Downloaded-Packages "true";' 'APT::Install-Recommends "false";' >"$root/etc/apt/apt.conf.d/test"
find "$folder/debs" -name '*.deb' -exec cp -t "$root/var/cache/apt/archives" {} +
printf 'deb %s bookworm main\ndeb %s bookworm-updates main\ndeb %s-security bookworm-security main\n' "$mirror" "$mirror" "$mirror" \
  >"$root/etc/apt/sources.list"
mkdir "$root/packages" && cp "$packages"/*.deb "$root/packages"
"$sources/tests/consumer/run.py" "$sources" --write "$root/project"

# The mount of /proc ends with the processes in there.
unshare --mount --pid --fork --mount-proc="$root/proc" chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive bash -euc '
  apt-get update -qq
  apt-get install -y -qq /packages/*.deb >/dev/null 2>&1
  microframe --version
  cmake -S /project -B /by-cmake >/dev/null
  cmake --build /by-cmake --target chat >/dev/null
  /by-cmake/chat
  g++ -std=c++20 /project/main.cpp -o /by-pkg-config $(pkg-config --cflags --libs microframe)
  /by-pkg-config
  apt-get remove -y -qq microframe libmicroframe-dev >/dev/null 2>&1
  test -z "$(find /usr -path "*microframe*")"
'
find "$root/var/cache/apt/archives" -name '*.deb' -exec mv -t "$folder/debs" {} +
rm -rf "$root"
