# Functions of deploy/test about metrics, rules and the dashboard.
# shellcheck shell=bash

# Adds accounts at failing sites.
faults() {
  podman run --detach --name faulty --network polyhost_polyhost "$IMAGE" sandbox --upstreams-only \
    --listen 0.0.0.0:7001 --site pstream:origin=http://faulty:7001,unreadable_files=missing_id \
    --site streamplay:origin=http://faulty:7002,broken=500@account/info >/dev/null
  cat >>"$work/deploy/compose/polyhost.toml" <<'END'

[accounts.closed]
provider = "pstream"
base_url = "http://sites:7009/v1"
login = "sandbox-login"
key = "sandbox-key"

[accounts.unreadable]
provider = "pstream"
base_url = "http://faulty:7001/v1"
login = "sandbox-login"
key = "sandbox-key"

[accounts.broken]
provider = "streamplay"
base_url = "http://faulty:7002/api/v2"
key1 = "Key1OfTheSandboxKey1OfTheSandboxKey1OfTheSandboxKey1OfTheSandbox"
key2 = "Key2OfTheSandboxKey2OfTheSandboxKey2OfTheSandboxKey2OfTheSandbox"
END
  wait_for 20 has_all_accounts
}

# Calls all accounts in many ways, for longer than the time between two scrapes, so that rates change.
traffic() {
  local path
  compose kill --signal HUP polyhost-1 polyhost-2
  for _ in 1 2 3 4 5 6; do
    for path in accounts/{closed,unreadable,broken,pstream-demo,streamplay-demo}/folders/root/items \
      accounts/{closed,broken} accounts/streamplay-demo/limits me; do
      call "$path" >/dev/null
    done
  done
  call accounts/broken/files?name=text --header 'Content-Type: application/octet-stream' --data text >/dev/null
  sleep 16
}

has_all_accounts() {
  [ "$(call accounts | jq '.items | length')" = 5 ]
}

query() {
  curl -fsS --data-urlencode "query=$1" "$PROMETHEUS/api/v1/query"
}

both_up() {
  [ "$(query 'sum(up{job="polyhost"})' | jq -r '.data.result[0].value[1]')" = 2 ]
}

# Prints the queries of its input that have no series.
without_series() {
  local expression
  while IFS= read -r expression; do
    query "$expression" | jq -e '.data.result | length > 0' >/dev/null || echo "$expression"
  done
}

# Both gateways are scraped. All rules are evaluated without an error, and the recording rules have series. Each query
# of the dashboard has series, except those about metrics of Kubernetes, which are not here.
queries() {
  local deadline=$((SECONDS + 180)) unanswered=$work/queries
  wait_for 60 both_up
  jq -r '(.panels[].targets[]?.expr, (.annotations.list[].expr // empty))
    | gsub("\\s+"; " ") | gsub("\\$__rate_interval"; "1m") | gsub("\\$(job|instance|provider)"; ".*")' \
    deploy/grafana/dashboard.json | grep -v container_ >"$unanswered"
  curl -fsS "$PROMETHEUS/api/v1/rules" |
    jq -r '.data.groups[].rules[] | select(.type == "recording") | .name' >>"$unanswered"
  echo "$(wc -l <"$unanswered") queries"
  while [ -s "$unanswered" ]; do
    [ "$SECONDS" -lt "$deadline" ] || { sed 's/^/no series: /' "$unanswered"; fault "some queries have no series"; }
    traffic
    without_series <"$unanswered" >"$unanswered.rest"
    mv "$unanswered.rest" "$unanswered"
  done
  curl -fsS "$PROMETHEUS/api/v1/rules" | jq '[.data.groups[].rules[]]' >"$work/rules"
  jq -e 'length > 0 and all(.[]; .health == "ok")' "$work/rules" >/dev/null || {
    jq '.[] | select(.health != "ok")' "$work/rules"
    fault "some rules failed"
  }
  echo "$(jq length "$work/rules") rules were evaluated"
}

# The metrics of busy gateways are valid. curl runs in the network of each container.
metrics() {
  local name process
  for name in polyhost-1 polyhost-2; do
    process=$(podman inspect --format '{{.State.Pid}}' "polyhost-$name-1")
    nsenter --target "$process" --net curl -fsS http://127.0.0.1:9090/metrics >"$work/metrics"
    "$work/images/prometheus/package/usr/bin/promtool" check metrics <"$work/metrics"
    echo "$name: $(grep -vc '^#' "$work/metrics") series"
  done
}
