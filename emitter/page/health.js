// SPDX-License-Identifier: Apache-2.0
//
// health.js -- how the pipeline is: in one line for the top of the page, and whole.

import { $, bytes, el, lasted, micros, short, table } from "./dom.js";

const NEVER = "–";

// What is wrong, worst first: [how bad, words].
export function faults(state) {
	const found = [];

	for (const s of state.stages) {
		if (!s.answers)
			found.push(["bad", "the " + s.name + " does not answer"]);
		else if (s.state !== "running")
			found.push(["bad", "the " + s.name + " is " + s.state]);
	}
	for (const r of state.rings)
		if (!r.attached && r.name !== "tap")
			found.push(["bad", "nobody reads ring " + r.name]);
	for (const o of state.outputs)
		if (o.state !== "ok")
			found.push(["warn", "output " + o.name + " is " + o.state]);
	if (state.heartbeat?.state === "missing")
		found.push(["bad", "heartbeats do not come to the emitter"]);
	for (const o of state.outputs)
		if (o.heartbeat?.state === "missing")
			found.push(["bad", "heartbeats do not come out of output " + o.name]);
	if (state.spool && state.spool.place !== "disk" && state.spool.error)
		found.push(["warn", "alerts wait in memory: " + state.spool.error]);
	if (!state.coverage.complete)
		found.push(["warn", state.coverage.gaps.length + " of the kernel side's programs are missing"]);
	return found;
}

export function verdict(state) {
	const found = faults(state), lost = Object.values(state.lost).reduce((a, b) => a + b, 0);

	if (found.length > 0)
		return [found[0][0], found[0][1] + (found.length > 1 ? ", and " + (found.length - 1) + " more" : "")];
	return lost > 0 ? ["good", "all is well now, " + short(lost) + " events were lost before"] : ["good", "all is well, no event was lost"];
}

const mark = (state, good) => el("span", { class: "state " + (good ? "good" : "bad") }, state);

const stageRow = (s) => [s.name, mark(s.state === "running" && !s.answers ? "silent" : s.state, s.answers && s.state === "running"), s.restarts, s.pid || NEVER,
	s.answers ? lasted(s.uptime_s) : NEVER, s.cpu_s.toFixed(2), bytes(s.rss_kb * 1024),
	s.latency.samples > 0 ? micros(s.latency.p50_us) : NEVER, s.latency.samples > 0 ? micros(s.latency.p99_us) : NEVER];

function meter(r) {
	const share = r.capacity > 0 ? Math.min(1, r.used / r.capacity) : 0;

	return el("meter", { min: 0, max: 1, low: 0.5, high: 0.8, optimum: 0, value: share, "aria-label": "ring " + r.name + " is " + Math.round(share * 100) + "% full" });
}

const ringRow = (r) => [r.name, mark(r.attached ? "there" : "away", r.attached || r.name === "tap"), meter(r), bytes(r.used), bytes(r.capacity), short(r.lost)];

const outputRow = (o) => [o.name, o.kind, mark(o.state, o.state === "ok"), short(o.delivered), short(o.pending), short(o.filtered), short(o.lost), short(o.refused),
	short(o.retries), o.latency?.samples > 0 ? micros(o.latency.p50_us) : NEVER, o.latency?.samples > 0 ? micros(o.latency.p99_us) : NEVER,
	o.last_delivery ? new Date(Number(o.last_delivery) / 1e6).toLocaleTimeString() : NEVER, o.heartbeat ? mark(o.heartbeat.state, o.heartbeat.state === "ok") : NEVER, o.state === "ok" ? "" : o.last_error];

const sourceRow = (s) => [s.name, mark(s.state, s.state === "connected"), s.place, short(s.objects), short(s.asked), short(s.misses),
	s.last_contact_s === null ? NEVER : s.last_contact_s.toFixed(1) + " s ago", s.reason];

const gapRow = (g) => [g.program, g.reason, g.events.join(", "), g.wanted.join(", ") || NEVER];

function part(title, ...children) {
	return el("section", { class: "card" }, el("h2", {}, title), ...children);
}

function widePart(title, ...children) {
	const section = part(title, ...children);

	section.classList.add("wide");
	return section;
}

function spool(s) {
	if (!s)
		return null;
	return el("p", { class: "quiet" }, "Spool: " + short(s.records) + " alerts in " + (s.place === "disk" ? bytes(s.bytes) + " on disk" : "memory")
		+ (s.dropped > 0 ? ", " + s.dropped + " segments had to go for room" : "") + (s.damaged > 0 ? ", " + s.damaged + " places cannot be read" : "")
		+ (s.error ? ": " + s.error : "") + ".");
}

export function render(state) {
	const found = faults(state), lost = Object.entries(state.lost), sources = state.sources.filter((s) => s.state !== "absent");

	$("health").replaceChildren(
		found.length > 0 ? part("What is wrong", el("ul", { class: "faults" }, ...found.map(([how, words]) => el("li", { class: how }, words)))) : "",
		part("Stages", table("Stages", ["Stage", "State", "Restarts", "PID", "Up", "CPU s", "Memory", "p50", "p99"], state.stages.map(stageRow), [2, 3, 4, 5, 6, 7, 8])),
		part("Rings", table("Rings", ["Ring", "Reader", "Fill", "Used", "Size", "Lost"], state.rings.map(ringRow), [3, 4, 5])),
		widePart("Outputs", state.outputs.length > 0 ? table("Outputs", ["Output", "Kind", "State", "Delivered", "Waiting", "Filtered", "Lost", "Refused", "Retries", "p50", "p99", "Last", "Heartbeat", "Error"],
			state.outputs.map(outputRow), [3, 4, 5, 6, 7, 8, 9, 10, 11]) : el("p", { class: "quiet" }, "No output is switched on."), spool(state.spool)),
		part("Lost events", table("Lost events", ["Cause", "Events"], lost.map(([cause, n]) => [cause.replaceAll("_", " "), short(n)]), [1])),
		part("What cannot be seen", state.coverage.gaps.length > 0 ? table("Gaps", ["Program", "Reason", "Events", "Rules ask for"], state.coverage.gaps.map(gapRow))
			: el("p", { class: "quiet" }, state.coverage.complete ? "All that rules can ask for is seen on this host." : "The collector does not answer.")),
		widePart("Sources of metadata", sources.length > 0 ? table("Sources", ["Source", "State", "Place", "Objects", "Asked", "Misses", "Heard", "Reason"],
			sources.map(sourceRow), [3, 4, 5, 6]) : el("p", { class: "quiet" }, "No container runtime or API server was found.")),
		el("p", { class: "quiet" }, "mews " + state.version + " on " + state.hostname + ", kernel " + state.kernel));
}
