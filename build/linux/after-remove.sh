#!/bin/sh
# postrm of the deb. Signing records must be kept as long as the medical records, so even a purge leaves them, unless
# their end is asked for: HPKI_AGENT_DELETE_DATA=yes apt-get purge hpki-agent
set -e

remove() {
  rm -f '/usr/bin/${executable}'
  if [ -e '/etc/apparmor.d/${executable}' ]; then
    apparmor_parser --remove '/etc/apparmor.d/${executable}' >/dev/null 2>&1 || true
    rm -f '/etc/apparmor.d/${executable}'
  fi
  if command -v update-desktop-database >/dev/null; then
    update-desktop-database -q /usr/share/applications || true
  fi
}

purge() {
  getent passwd | while IFS=: read -r name _ uid _ _ home _; do
    data="$home/.local/share/hpki-agent"
    [ "$uid" -ge 1000 ] && [ -d "$data" ] || continue
    if [ "$HPKI_AGENT_DELETE_DATA" = yes ]; then
      # As the user: root must follow no link out of a user's folder.
      runuser -u "$name" -- rm -rf -- "$data" "$home/.config/hpki-agent" || true
    else
      echo "hpki-agent: 署名の記録と設定を残しました / records and settings are kept: $data"
    fi
  done
}

case "$1" in
  remove) remove ;;
  purge) purge ;;
esac
