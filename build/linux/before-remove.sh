#!/bin/sh
# prerm of the deb: ends the agents of all users. Each takes its port file with it; of one that was killed it is removed
# here, as that user and not as root, because the folder is the user's and may lead elsewhere.
set -e
[ "$1" = remove ] || exit 0

if [ -d /run/systemd/system ]; then
  deb-systemd-invoke --user stop hpki-agent.service || true
fi
getent passwd | while IFS=: read -r name _ uid _ _ home _; do
  if [ "$uid" -ge 1000 ] && [ -d "$home/.local/share/hpki-agent" ]; then
    runuser -u "$name" -- rm -f -- "$home/.local/share/hpki-agent/port.json" || true
  fi
done
