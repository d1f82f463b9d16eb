#!/bin/sh
# postinst of the deb; electron-builder fills in ${executable} and ${sanitizedProductName}.
# test/integration/packaging.test.ts installs, updates, removes and purges the package.
set -e
[ "$1" = configure ] || exit 0

app='/opt/${sanitizedProductName}'
ln -sfn "$app/${executable}" '/usr/bin/${executable}'

# Chromium's sandbox: by user namespaces where the kernel has them for everybody, else by its set-uid helper.
if [ -L /proc/self/ns/user ] && unshare --user true 2>/dev/null; then
  chmod 0755 "$app/chrome-sandbox"
else
  chmod 4755 "$app/chrome-sandbox"
fi

if command -v update-desktop-database >/dev/null; then
  update-desktop-database -q /usr/share/applications || true
fi

# Ubuntu 24.04 and later allow user namespaces by profile only; older AppArmor does not know this kind of profile.
profile="$app/resources/apparmor-profile"
if command -v apparmor_status >/dev/null && apparmor_status --enabled && apparmor_parser --skip-kernel-load --debug "$profile" >/dev/null 2>&1; then
  cp -f "$profile" '/etc/apparmor.d/${executable}'
  if ! { [ -x /usr/bin/ischroot ] && ischroot; }; then
    apparmor_parser --replace --write-cache --skip-read-cache '/etc/apparmor.d/${executable}' || true
  fi
fi

# After an update the agents that run are still the old ones. Sessions start this unit, so others are left alone.
if [ -n "$2" ] && [ -d /run/systemd/system ]; then
  deb-systemd-invoke --user restart hpki-agent.service || true
fi
