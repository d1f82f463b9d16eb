#!/bin/bash
# Installs the system programs that some test suites are proven against. Debian (bookworm or later)
# only; idempotent, and quick when everything is there. `npm run test:machine` runs it by hand;
# `npm test` runs it by itself only with CI=true as root.
set -euo pipefail

packages=(
  # smart cards: the service, a virtual reader for it, client library and headers
  pcscd vsmartcard-vpcd libpcsclite1 libpcsclite-dev
  # PKCS#11: a software token, and a module that drives cards
  softhsm2 opensc opensc-pkcs11
  # XML signatures by somebody else
  xmlsec1 libxmlsec1-dev libxml2-utils
  # a proxy such as a hospital has, with its Basic and Digest helpers
  squid
  # small C programs that tests compile
  gcc libc6-dev pkg-config
  openssl curl ca-certificates
  # installers: NSIS scripts, Windows programs, desktop entries, systemd units
  nsis wine64 desktop-file-utils systemd
  # a session's bus, on which screen lockers speak
  dbus-daemon dbus-bin
  # pages in a browser, with Japanese glyphs, its certificate store, a screen for it and hands at it
  chromium fonts-noto-cjk libnss3-tools xvfb xdotool
)

if [[ ! -f /etc/debian_version ]]; then
  echo "test-machine: this script knows Debian only. On another system install the counterparts of:" >&2
  echo "  ${packages[*]}" >&2
  exit 64
fi

missing=()
for package in "${packages[@]}"; do
  status="$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)"
  [[ "$status" == installed ]] || missing+=("$package")
done

if (( ${#missing[@]} == 0 )); then
  echo "test-machine: all ${#packages[@]} packages are installed."
  exit 0
fi

if (( EUID != 0 )); then
  echo "test-machine: missing: ${missing[*]}" >&2
  echo "test-machine: run it as root: sudo npm run test:machine" >&2
  exit 1
fi

echo "test-machine: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
retries=(--option Acquire::Retries=3)
install=(apt-get install --yes --quiet --no-install-recommends "${retries[@]}")
# Package lists may be absent or old (a container image), so a first failure asks for new ones.
if ! "${install[@]}" "${missing[@]}"; then
  apt-get update --quiet "${retries[@]}"
  "${install[@]}" "${missing[@]}"
fi
