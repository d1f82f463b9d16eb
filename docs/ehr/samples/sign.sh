#!/usr/bin/env bash
# 処方箋1件に署名してもらう（curl と openssl だけ）/ One prescription signed with curl and openssl alone.
#   ./sign.sh pair
#   ./sign.sh sign prescription.csv prescription.xml
set -euo pipefail

port=${HPKI_AGENT_PORT:-17090}
kept=${EHR_KEPT_FILE:-agent.env} # token: keep it like a password
base=http://127.0.0.1:$port
call() { curl -sS --noproxy '*' --max-time 150 "$@"; } # 相手はこのPC: プロキシを通さない / never through a proxy
json() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; } # enough for these flat answers; use a JSON parser in earnest

pair() {
  local answer id code token
  answer=$(call --fail-with-body "$base/v1/pairings" -H 'Content-Type: application/json' -d '{"clientName":"curl"}')
  id=$(json id <<<"$answer")
  read -rp 'エージェントに表示された6桁の番号: ' code
  token=$(openssl rand -hex 32)
  call --fail-with-body -o /dev/null "$base/v1/pairings/$id/confirm" -H 'Content-Type: application/json' \
    -d "{\"code\":\"$code\",\"tokenSha256\":\"$(printf %s "$token" | sha256sum | cut -d' ' -f1)\"}"
  (umask 077 && printf 'token=%s\npublic_key=%s\n' "$token" "$(json publicKey <<<"$answer")" >"$kept")
}

# 患者のデータを送る前に、相手がペアリングしたエージェントであることを確かめる。
prove_agent() {
  local nonce answer
  nonce=$(openssl rand -hex 24)
  answer=$(call --fail-with-body "$base/health?nonce=$nonce")
  printf 'hpki-agent health v1\n%s\n%s\n%s\n' "$nonce" "$port" "$(json instance <<<"$answer")" >"$work/message"
  json signature <<<"$answer" | base64 -d >"$work/signature"
  printf %s "$public_key" | base64 -d >"$work/key"
  openssl pkeyutl -verify -pubin -keyform DER -inkey "$work/key" -rawin -in "$work/message" -sigfile "$work/signature" >/dev/null ||
    { echo '別のプログラムがポートを使っています' >&2; exit 1; }
}

sign() {
  local answer id
  # shellcheck disable=SC1090
  source "$kept"
  prove_agent
  printf '{"staff":{"id":"D0012","name":"医者 三郎"},"documents":[{"id":"rx-1","type":"prescription","csv":"%s"}]}' "$(base64 -w0 "$1")" >"$work/body"
  answer=$(call "$base/v1/signatures" -H "Authorization: Bearer $token" -H 'Content-Type: application/json' \
    -H "Idempotency-Key: $(cat /proc/sys/kernel/random/uuid)" -H 'Prefer: wait=60' -H 'Accept-Language: ja' --data-binary @"$work/body")
  id=$(json id <<<"$answer")
  while grep -q '"state":"\(received\|awaiting_[a-z]*\|signing\)"' <<<"$answer"; do
    answer=$(call "$base/v1/signatures/$id?wait=60" -H "Authorization: Bearer $token" -H 'Accept-Language: ja')
  done
  grep -q '"xml":' <<<"$answer" || { echo "$answer" >&2; exit 1; }
  json xml <<<"$answer" | base64 -d >"$2"
}

work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
case ${1:-} in
  pair) pair ;;
  sign) sign "$2" "$3" ;;
  *) echo './sign.sh pair | sign CSV XML' >&2; exit 64 ;;
esac
