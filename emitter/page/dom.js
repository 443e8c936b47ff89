// SPDX-License-Identifier: Apache-2.0
//
// dom.js -- elements put together by hand.  Text is text: nothing here, and nothing elsewhere, takes
// markup from a string.

export const $ = (id) => document.getElementById(id);

// el("p", { class: "quiet" }, "text", child, ...)
export function el(name, attributes, ...children) {
	const e = document.createElement(name);

	set(e, attributes);
	e.append(...children.filter((c) => c !== null && c !== undefined).map((c) => (c instanceof Node ? c : String(c))));
	return e;
}

export function svg(name, attributes, ...children) {
	const e = document.createElementNS("http://www.w3.org/2000/svg", name);

	set(e, attributes);
	e.append(...children);
	return e;
}

function set(e, attributes) {
	for (const [key, value] of Object.entries(attributes ?? {})) {
		if (key.startsWith("on"))
			e.addEventListener(key.slice(2), value);
		else if (value === true)
			e.setAttribute(key, "");
		else if (value !== false && value !== null && value !== undefined)
			e.setAttribute(key, value);
	}
}

// table(["Stage", "State"], rows of texts or elements, which columns are numbers)
export function table(caption, head, rows, numbers = []) {
	const side = (i) => (numbers.includes(i) ? { class: "number" } : {});

	return el("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": caption },
		el("table", {},
			el("thead", {}, el("tr", {}, ...head.map((text, i) => el("th", { scope: "col", ...side(i) }, text)))),
			el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map((cell, i) =>
				i === 0 ? el("th", { scope: "row" }, cell) : el("td", side(i), cell)))))));
}

// At most three digits that say something.
const three = (n) => String(Number(n.toPrecision(3)));

const UNITS = ["", "k", "M", "G", "T"];

// 1234567 is 1.23M
export function short(n) {
	let unit = 0;

	if (!Number.isFinite(n))
		return "–";
	while (Math.abs(n) >= 1000 && unit < UNITS.length - 1) {
		n /= 1000;
		unit++;
	}
	return three(n) + UNITS[unit];
}

export const bytes = (n) => (n >= 1 << 20 ? (n / (1 << 20)).toFixed(1) + " MiB" : n >= 1024 ? (n / 1024).toFixed(0) + " KiB" : n + " B");

export function micros(us) {
	if (us >= 1e6)
		return three(us / 1e6) + " s";
	return us >= 1000 ? three(us / 1000) + " ms" : us.toFixed(0) + " µs";
}

export function lasted(seconds) {
	const s = Math.floor(seconds);

	if (s < 60)
		return s + " s";
	if (s < 3600)
		return Math.floor(s / 60) + " min " + (s % 60) + " s";
	return s < 86400 ? Math.floor(s / 3600) + " h " + Math.floor(s % 3600 / 60) + " min"
		: Math.floor(s / 86400) + " d " + Math.floor(s % 86400 / 3600) + " h";
}
