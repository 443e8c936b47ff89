#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The manifest for Kubernetes is what the chart says, and what a pod that holds such rights has to be.
top=$(cd -- "$(dirname -- "$0")/../.." && pwd)
cd "$top" || exit 1
if ! python3 -c 'import yaml' 2>/dev/null; then
	echo "ok 1 - the manifest for Kubernetes # SKIP no yaml for python3 here"
	exit 0
fi
bad=0
said=$(python3 -B tests/support/manifest.py check deploy/kubernetes/mews.yaml) || bad=1
printf '%s\n' "$said"
n=$(grep -cE '^(not )?ok ' <<<"$said")
verdict() { # NAME FINDINGS
	n=$((n + 1))
	if [ -z "$2" ]; then
		echo "ok $n - $1"
	else
		bad=1
		echo "not ok $n - $1"
		printf '%s\n' "$2" | head -n 20 | sed 's/^/# /'
	fi
}
verdict "it is what deploy/kubernetes/render makes of the chart" \
	"$(python3 -B deploy/kubernetes/render 2>&1 | diff - deploy/kubernetes/mews.yaml)"
verdict "values change what they name" "$(python3 -B deploy/kubernetes/render image.tag=9.9 'runtimes=[/run/crio, /run/k3s/containerd]' \
	'rules={own.yaml: "- list: a\n"}' 2>&1 | python3 -c '
import sys, yaml
docs = list(yaml.safe_load_all(sys.stdin))
spec = docs[-1]["spec"]["template"]["spec"]
good = all(c["image"].endswith(":9.9") for c in spec["containers"]) and docs[5]["data"] == {"own.yaml": "- list: a\n"} and [
	m["mountPath"] for m in spec["containers"][1]["volumeMounts"]][-2:] == ["/host/run/crio", "/host/run/k3s/containerd"]
print(end="" if good else "not as asked")')"
pods() { python3 -B deploy/kubernetes/render "$@" 2>&1 | sed -n '/^kind: DaemonSet/,$p'; }
verdict "other rules or settings make other pods, and nothing else does" "$(
	[ "$(pods image.pullPolicy=Always | grep checksum/)" = "$(pods | grep checksum/)" ] || echo "another sum without a reason"
	for other in 'rules={own.yaml: "- list: a\n"}' settings.priority=error; do
		[ "$(pods "$other" | diff <(pods) - | grep -c '^> *checksum/config: "[0-9a-f]\{64\}"$')" = 1 ] || echo "not with $other"
	done)"
verdict "the versions are those of the programs" "$(version=$(sed -n 's/^project(mews VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
	grep -qx "appVersion: $version" deploy/helm/mews/Chart.yaml && grep -qx "  tag: $version" deploy/helm/mews/values.yaml &&
	grep -q "^mews ($version)" deploy/debian/changelog || echo "not $version in chart, values and changelog")"
verdict "the Containerfile has an image for each stage, of the user that the manifest and common/jail.c say" "$(
	for stage in collector enricher evaluator emitter recorder mews; do
		part=$(sed -n "/^FROM scratch AS $stage\$/,/^\$/p" deploy/Containerfile)
		grep -qx "COPY --from=build /image/$stage/ /" <<<"$part" && grep -q '^ENTRYPOINT \["/usr/bin/mews' <<<"$part" || echo "no $stage"
		user=$(sed -n 's/^USER \([0-9]*\):64860$/\1/p' <<<"$part")
		case $stage in collector | mews) [ -z "$user" ] || echo "$stage has a user" ;; *)
			tr -d '\n\t' <common/jail.c | grep -qE "\"mews-$stage\", *$user," || echo "$stage: user $user" ;;
		esac
	done)"
exit $bad
