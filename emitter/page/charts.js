// SPDX-License-Identifier: Apache-2.0
//
// charts.js -- which charts there are, and what of the state goes into each.

import { $, micros, short } from "./dom.js";
import { Chart } from "./chart.js";
import { Series, between, quantile, rate } from "./series.js";

const perSecond = (v) => short(v < 10 ? Math.round(v * 100) / 100 : Math.round(v));

// By stage, which of its counters say how much it did.
const WORK = { collector: "out", enricher: "out", evaluator: "evaluated", emitter: "in" };

let before = null;

const charts = [
	["Events per second, by stage", "events", perSecond, 1],
	["Matches and alerts per second", "alerts", perSecond, 1],
	["Lost events per second, by cause", "lost", perSecond, 1],
	["Latency: half of the events within", "p50", micros, 100],
	["Latency: 99 of 100 events within", "p99", micros, 100],
	["Rings: how full", "rings", (v) => Math.round(v) + "%", 100],
	["Alerts that wait for outputs", "outputs", perSecond, 1],
	["Processors used by stages", "cpu", (v) => (v * 100).toFixed(v < 0.1 ? 1 : 0) + "%", 0.01],
].map(([title, key, say, least]) => ({ key, chart: new Chart({ title, say, least, series: new Series() }) }));

const stages = (state) => new Map(state.stages.map((s) => [s.name, s]));

// A stage that does not answer has no numbers, and is not drawn as zero.
function each(state, of) {
	return Object.fromEntries(state.stages.map((s) => [s.name, s.answers ? of(s) : null]));
}

function values(now, then, seconds) {
	const old = stages(then), all = stages(now);
	const of = (stage, name) => all.has(stage) && old.has(stage) ? rate(all.get(stage).counters[name], old.get(stage).counters[name], seconds) : null;
	const steps = (s) => between(s.latency_counts, old.get(s.name)?.latency_counts);

	return {
		events: each(now, (s) => (WORK[s.name] ? of(s.name, WORK[s.name]) : null)),
		alerts: { matches: of("evaluator", "matches"), alerts: of("emitter", "out") },
		lost: Object.fromEntries(Object.entries(now.lost).map(([cause, n]) => [cause.replaceAll("_", " "), rate(n, then.lost[cause], seconds)])),
		p50: each(now, (s) => quantile(steps(s), now.latency_bounds_us, 0.5)),
		p99: each(now, (s) => quantile(steps(s), now.latency_bounds_us, 0.99)),
		rings: Object.fromEntries(now.rings.map((r) => [r.name, r.capacity > 0 ? 100 * r.used / r.capacity : 0])),
		outputs: Object.fromEntries(now.outputs.map((o) => [o.name, o.pending])),
		cpu: each(now, (s) => rate(s.cpu_s, old.get(s.name)?.cpu_s, seconds)),
	};
}

export function add(state) {
	if (before !== null && state.time_ms > before.time_ms) {
		const now = values(state, before, (state.time_ms - before.time_ms) / 1000);

		for (const { key, chart } of charts) {
			chart.of.series.add(state.time_ms, now[key]);
			if (!$("charts-view").hidden)
				chart.draw();
		}
	}
	before = state;
}

export function draw() {
	for (const { chart } of charts)
		chart.draw();
}

export function start() {
	$("charts").replaceChildren(...charts.map(({ chart }) => chart.box));
	let width = 0;

	new ResizeObserver(() => {
		if ($("charts").clientWidth !== width && !$("charts-view").hidden) {
			width = $("charts").clientWidth;
			draw();
		}
	}).observe($("charts"));
}
