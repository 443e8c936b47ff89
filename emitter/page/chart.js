// SPDX-License-Identifier: Apache-2.0
//
// chart.js -- a chart of lines over time, drawn as SVG.  Colours come from the style sheet by the
// line's number, so that a chart follows dark and light.

import { el, svg } from "./dom.js";

const HEIGHT = 150, LEFT = 54, RIGHT = 8, TOP = 8, BOTTOM = 20;

// A step that people count by, so that about four of them reach MOST.
function niceStep(most) {
	const raw = most / 4, ten = 10 ** Math.floor(Math.log10(raw));

	return [1, 2, 5, 10].map((n) => n * ten).find((step) => step >= raw * 0.999);
}

export class Chart {
	at = null; // the point that is looked at; null: the last one

	// OF: {title, about, series, say (value to text), least: of the axis' end, lines: names in order}
	constructor(of) {
		this.of = of;
		this.picture = svg("svg", { class: "picture", "aria-hidden": "true" });
		this.legend = el("ul", { class: "legend" });
		this.when = el("span", { class: "quiet when" });
		this.box = el("figure", { class: "card chart", tabindex: "0", role: "group", "aria-label": of.title },
			el("figcaption", {}, el("h3", {}, of.title), this.when),
			this.picture, this.legend);
		this.picture.addEventListener("pointermove", (e) => this.point(e));
		this.picture.addEventListener("pointerleave", () => this.look(null));
		this.box.addEventListener("keydown", (e) => this.key(e));
		this.box.addEventListener("blur", () => this.look(null));
	}

	look(at) {
		this.at = at;
		this.draw();
	}

	point(event) {
		const n = this.of.series.times.length;
		const share = (event.offsetX - LEFT) / (this.width - LEFT - RIGHT);

		this.look(n < 2 ? null : Math.min(n - 1, Math.max(0, Math.round(share * (n - 1)))));
	}

	key(event) {
		const n = this.of.series.times.length, at = this.at ?? n - 1;
		const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: n - 1 }[event.key];

		if (to === undefined || n === 0)
			return;
		event.preventDefault();
		this.look(Math.min(n - 1, Math.max(0, to)));
		this.box.setAttribute("aria-label", this.of.title + ": " + this.words());
	}

	shown() {
		return this.of.lines ? this.of.lines.filter((name) => this.of.series.lines.has(name)) : [...this.of.series.lines.keys()];
	}

	value(name, at) {
		return this.of.series.lines.get(name)[at] ?? null;
	}

	words() {
		const at = this.at ?? this.of.series.times.length - 1;

		return this.shown().map((name) => name + " " + this.text(name, at)).join(", ");
	}

	text(name, at) {
		const value = this.value(name, at);

		return value === null ? "–" : this.of.say(value);
	}

	drawLegend(names) {
		const at = this.at ?? this.of.series.times.length - 1;

		this.legend.replaceChildren(...names.map((name, i) => el("li", {},
			el("span", { class: "swatch l" + i % 8, "aria-hidden": "true" }), name, " ",
			el("b", {}, this.text(name, at)))));
		this.when.textContent = this.at === null || at < 0 ? "" : new Date(this.of.series.times[at]).toLocaleTimeString();
	}

	draw() {
		const names = this.shown(), { times, lines } = this.of.series;
		const width = this.width = Math.max(200, this.box.clientWidth - 24);
		const most = Math.max(this.of.least ?? 1, ...names.flatMap((name) => lines.get(name).filter((v) => v !== null)));
		const step = niceStep(most), end = Math.ceil(most / step - 1e-9) * step;
		const x = (i) => LEFT + (width - LEFT - RIGHT) * (times.length < 2 ? 1 : i / (times.length - 1));
		const y = (v) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - v / end);
		const parts = [];

		for (let v = 0; v <= end + step / 2; v += step)
			parts.push(svg("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(v), y2: y(v) }),
				svg("text", { class: "tick", x: LEFT - 6, y: y(v) + 4, "text-anchor": "end" }, this.of.say(v)));
		if (times.length > 1)
			parts.push(svg("text", { class: "tick", x: LEFT, y: HEIGHT - 5 }, "−" + Math.round((times.at(-1) - times[0]) / 1000) + " s"),
				svg("text", { class: "tick", x: width - RIGHT, y: HEIGHT - 5, "text-anchor": "end" }, "now"));
		names.forEach((name, i) => parts.push(...this.line(lines.get(name), i, x, y)));
		if (this.at !== null)
			parts.push(svg("line", { class: "look", x1: x(this.at), x2: x(this.at), y1: TOP, y2: HEIGHT - BOTTOM }));
		this.picture.setAttribute("viewBox", "0 0 " + width + " " + HEIGHT);
		this.picture.setAttribute("width", width);
		this.picture.setAttribute("height", HEIGHT);
		this.picture.replaceChildren(...parts);
		this.drawLegend(names);
	}

	// Pieces between what is not known; a piece of one point is a dot.
	line(values, number, x, y) {
		const pieces = [];
		let piece = [];

		for (let i = 0; i <= values.length; i++) {
			if (i < values.length && values[i] !== null) {
				piece.push([x(i), y(values[i])]);
			} else if (piece.length > 0) {
				pieces.push(piece);
				piece = [];
			}
		}
		return pieces.map((p) => p.length === 1
			? svg("circle", { class: "dot l" + number % 8, cx: p[0][0], cy: p[0][1], r: 2 })
			: svg("polyline", { class: "line l" + number % 8, points: p.map(([a, b]) => a.toFixed(1) + "," + b.toFixed(1)).join(" ") }));
	}
}
