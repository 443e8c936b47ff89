// SPDX-License-Identifier: Apache-2.0
//
// series.js -- numbers over time, made of what the emitter says each time it is asked: counters
// become rates between two looks, steps of latencies become quantiles of what came between.

const POINTS = 300;

// One chart's lines: name to values; all as long as TIMES.
export class Series {
	times = [];
	lines = new Map();

	// VALUES: {name: number or null}
	add(time, values) {
		this.times.push(time);
		for (const name of Object.keys(values))
			if (!this.lines.has(name))
				this.lines.set(name, Array(this.times.length - 1).fill(null));
		for (const [name, line] of this.lines)
			line.push(values[name] ?? null);
		if (this.times.length > POINTS) {
			this.times.shift();
			for (const line of this.lines.values())
				line.shift();
		}
	}
}

// A counter that went back belongs to a process that was started again.
export function rate(now, before, seconds) {
	return typeof now !== "number" || typeof before !== "number" || now < before || seconds <= 0 ? null : (now - before) / seconds;
}

// At most this long took SHARE of COUNTS, in a step spread evenly; null: there are none.
export function quantile(counts, bounds, share) {
	const total = counts.reduce((a, b) => a + b, 0);
	let left = total * share;

	if (total === 0)
		return null;
	for (let i = 0; i < counts.length; i++) {
		const from = i === 0 ? 0 : bounds[i - 1], to = bounds[Math.min(i, bounds.length - 1)];

		if (left <= counts[i] && counts[i] > 0)
			return from + (to - from) * (left / counts[i]);
		left -= counts[i];
	}
	return bounds[bounds.length - 1];
}

export function between(now, before) {
	const counts = now.map((n, i) => n - (before?.[i] ?? 0));

	return counts.some((n) => n < 0) ? now : counts;
}
