// SPDX-License-Identifier: Apache-2.0
//
// alerts.js -- the list of alerts: what came, what of it is wanted, what of that is shown.  Bounded:
// the oldest goes when there are KEPT.

import { $, el } from "./dom.js";
import { KEYS, PRIORITIES, matches, severity, textOf } from "./filter.js";
import { show } from "./details.js";

const KEPT = 2000, SHOWN = 200;

let entries = []; // youngest last
let known = new Set(); // their ids: an emitter that was started again may say one twice
let waiting = []; // came while the list stands still
let paused = false, shown = SHOWN, chosen = null, missed = 0;

const wanted = { text: "", priority: PRIORITIES.length - 1, rule: "", namespace: "", pod: "", container: "" };

// ---- what came ----

function keep(more) {
	for (const entry of more) {
		if (entry.alert.uuid && known.has(entry.alert.uuid))
			continue;
		entry.text = textOf(entry);
		known.add(entry.alert.uuid);
		entries.push(entry);
	}
	for (const gone of entries.splice(0, Math.max(0, entries.length - KEPT)))
		known.delete(gone.alert.uuid);
}

export function add(more, lost) {
	missed += lost;
	if (paused) {
		waiting.push(...more);
		missed += waiting.splice(0, Math.max(0, waiting.length - KEPT)).length;
		count();
		return;
	}
	if (more.length === 0 && lost === 0)
		return;
	keep(more);
	fillChoices();
	render();
}

// ---- what can be chosen ----

function fillChoices() {
	for (const [key, of] of Object.entries(KEYS)) {
		const select = $("f-" + key);
		const there = new Map();

		for (const entry of entries)
			there.set(of(entry), (there.get(of(entry)) ?? 0) + 1);
		there.delete("");
		if (wanted[key] !== "" && !there.has(wanted[key]))
			there.set(wanted[key], 0);
		const sorted = [...there.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
		const sign = JSON.stringify(sorted.map(([name]) => name));

		if (select.dataset.sign === sign)
			continue; // an open list must not jump
		select.dataset.sign = sign;
		select.replaceChildren(el("option", { value: "" }, "all"), ...sorted.map(([name]) => el("option", { value: name }, name)));
		select.value = wanted[key];
		select.disabled = sorted.length === 0;
	}
}

// ---- the list ----

const clock = (time) => (time ?? "").slice(11, 23);

// Without what the row says already: "02:13:57.920625532: Warning ".
const said = (output) => (output ?? "").replace(/^\S+: \w+ /, "");

function place(entry) {
	const parts = [KEYS.namespace(entry), KEYS.pod(entry), KEYS.container(entry)].filter(Boolean);

	return parts.join(" / ");
}

function row(entry) {
	const of = entry.alert;
	const button = el("button", { type: "button", class: "alert", "aria-current": entry === chosen ? "true" : null, onclick: () => choose(entry) },
		el("span", { class: "badge p" + severity(entry) }, of.priority),
		el("time", { datetime: of.time }, clock(of.time)),
		el("span", { class: "rule" }, of.rule),
		el("span", { class: "place quiet" }, place(entry)),
		el("span", { class: "output" }, said(of.output)));

	return el("li", { "data-number": entry.number }, button);
}

function selected() {
	return entries.filter((entry) => matches(entry, wanted));
}

function count(of = selected()) {
	const parts = [of.length === entries.length ? entries.length + " alerts" : of.length + " of " + entries.length + " alerts"];

	if (paused)
		parts.push(waiting.length + " more came since the list was paused");
	if (missed > 0)
		parts.push(missed + " were gone before this page could fetch them");
	$("count").textContent = parts.join(" · ");
}

function render() {
	const all = selected();
	const some = all.slice(-shown).reverse();
	const focused = document.activeElement?.closest?.("#list li")?.dataset.number;

	$("list").replaceChildren(...some.map(row));
	if (focused !== undefined)
		$("list").querySelector('li[data-number="' + CSS.escape(focused) + '"] button')?.focus({ preventScroll: true });
	$("more").hidden = all.length <= shown;
	$("empty").hidden = all.length > 0;
	$("empty").textContent = entries.length === 0 ? "No alert yet." : "No alert is like that.";
	count(all);
}

function choose(entry) {
	chosen = entry;
	show($("details"), entry, unchoose);
	document.body.classList.add("chosen");
	render();
	$("details").focus({ preventScroll: true });
	$("details").scrollTop = 0;
}

function unchoose() {
	const number = chosen?.number;

	chosen = null;
	$("details").hidden = true;
	document.body.classList.remove("chosen");
	render();
	$("list").querySelector('li[data-number="' + number + '"] button')?.focus();
}

// ---- what people do ----

function setPaused(on) {
	paused = on;
	$("pause").setAttribute("aria-pressed", String(on));
	$("pause").textContent = on ? "Go on" : "Pause";
	add(on ? [] : waiting.splice(0), 0);
	count();
}

function want(key, value) {
	wanted[key] = value;
	shown = SHOWN;
	render();
}

// Up and down go from alert to alert.
function onKey(event) {
	const li = event.target.closest("li");
	const to = event.key === "ArrowDown" ? li?.nextElementSibling : event.key === "ArrowUp" ? li?.previousElementSibling : null;

	if (to) {
		event.preventDefault();
		to.querySelector("button").focus();
	}
}

export function start() {
	$("f-priority").append(...PRIORITIES.map((name, i) => el("option", { value: i }, i === PRIORITIES.length - 1 ? "all" : i === 0 ? name : name + " and up")));
	$("f-priority").value = String(wanted.priority);
	$("f-priority").addEventListener("change", (e) => want("priority", Number(e.target.value)));
	$("f-text").addEventListener("input", (e) => want("text", e.target.value));
	for (const key of Object.keys(KEYS))
		$("f-" + key).addEventListener("change", (e) => want(key, e.target.value));
	$("filters").addEventListener("submit", (e) => e.preventDefault());
	$("clear-filters").addEventListener("click", () => {
		Object.assign(wanted, { text: "", priority: PRIORITIES.length - 1, rule: "", namespace: "", pod: "", container: "" });
		$("f-text").value = "";
		for (const key of ["priority", ...Object.keys(KEYS)])
			$("f-" + key).value = String(wanted[key]);
		shown = SHOWN;
		render();
	});
	$("pause").addEventListener("click", () => setPaused(!paused));
	$("more").addEventListener("click", () => {
		shown += SHOWN;
		render();
	});
	$("list").addEventListener("keydown", onKey);
	$("details").addEventListener("keydown", (e) => {
		if (e.key === "Escape")
			unchoose();
	});
	fillChoices();
	render();
}
