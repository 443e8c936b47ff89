# SPDX-License-Identifier: Apache-2.0
#
# The manual page of the metrics, from their tables:
#   awk -f metrics.awk common/metrics.def common/counter.def common/gauge.def
function cut(row, parts, n, i, in_text, c, word)
{
	sub(/^[A-Z]+\(/, "", row)
	sub(/\)$/, "", row)
	n = 1
	word = ""
	in_text = 0
	for (i = 1; i <= length(row); i++) {
		c = substr(row, i, 1)
		if (c == "\"")
			in_text = !in_text
		else if (c == "," && !in_text) {
			parts[n++] = word
			word = ""
		} else if (in_text || c != " ")
			word = word c
	}
	parts[n] = word
}

function item(name, kind, labels, text)
{
	print ".It Ic " name
	print kind (labels == "" ? "." : ", by " labels ".")
	gsub(/\\/, "\\e", text)
	gsub(/\. /, ".\n", text)
	print toupper(substr(text, 1, 1)) substr(text, 2) "."
}

BEGIN {
	groups["ALWAYS"] = "Always"
	groups["RULES"] = "metrics.rules_counters_enabled"
	groups["RESOURCES"] = "metrics.resource_utilization_enabled"
	groups["STATE"] = "metrics.state_counters_enabled"
	groups["KERNEL"] = "metrics.kernel_event_counters_enabled"
	groups["OWN"] = "Of mews alone"
	print ".\\\" SPDX-License-Identifier: Apache-2.0"
	print ".Dd November 26, 2026"
	print ".Dt MEWS-METRICS 5"
	print ".Os"
	print ".Sh NAME"
	print ".Nm mews-metrics"
	print ".Nd what a pipeline of mews counts and measures"
	print ".Sh DESCRIPTION"
	print "Metrics have the names that Falco has for Prometheus where it has them, and that of the snapshot"
	print "behind them in parentheses."
	print "What the stage that knows it does not answer is left out, and is not 0."
	print ".Ss Names with falcosecurity_, and in the snapshot"
	print ".Bl -tag -width Ds"
}

/^METRIC\(/ {
	cut($0, p)
	if (p[4] == "OWN" && group != "OWN") {
		print ".El"
		print ".Ss Names with mews_"
		print ".Bl -tag -width Ds"
	} else if (p[4] != group && p[4] != "OWN" && p[4] != "ALWAYS") {
		print ".El"
		print ".Pp"
		print "With"
		print ".Cm " groups[p[4]] " :"
		print ".Bl -tag -width Ds"
	}
	group = p[4]
	name = p[2] == "" ? p[6] : p[2] (p[6] == "" ? "" : " Pq " p[6])
	item(name, tolower(p[3]), p[5], p[7])
}

/^(COUNTER|GAUGE)\(/ {
	cut($0, p)
	item("mews_" tolower(p[1]) "_" tolower(p[2]) ($0 ~ /^COUNTER/ ? "_total" : ""), $0 ~ /^COUNTER/ ? "counter" : "gauge", "", p[3] " " p[4])
}

END {
	print ".El"
	print ".Sh SEE ALSO"
	print ".Xr mews.yaml 5 ,"
	print ".Xr mews 8 ,"
	print ".Xr mews-emitter 8"
}
