// SPDX-License-Identifier: Apache-2.0
//
// details.js -- one alert, whole: its processes, all of its fields.

import { el, table } from "./dom.js";
import { severity } from "./filter.js";

// From the oldest ancestor down to the process itself.
function fromLineage(lineage) {
	return lineage.map((p) => ({ name: p.name, pid: p.pid, rest: p.cmdline || p.exepath, path: p.exepath, uid: p.uid })).reverse();
}

// What an alert's own fields tell, where the emitter knows no more.
function fromFields(fields) {
	const chain = [];
	const put = (name, pid, rest) => {
		if (name && name !== "<NA>")
			chain.push({ name, pid, rest });
	};

	put(fields["proc.name"], fields["proc.pid"], fields["proc.cmdline"]);
	put(fields["proc.pname"] ?? fields["proc.aname[1]"], fields["proc.ppid"], fields["proc.pcmdline"]);
	for (let i = 2; i <= 16; i++)
		put(fields["proc.aname[" + i + "]"], fields["proc.apid[" + i + "]"], fields["proc.acmdline[" + i + "]"]);
	return chain.reverse();
}

function branch(chain, i) {
	const p = chain[i];
	const about = [p.pid === undefined || p.pid === null ? null : "pid " + p.pid, p.uid === undefined ? null : "uid " + p.uid].filter(Boolean);
	const item = el("li", { class: i === chain.length - 1 ? "self" : null, title: p.path || null },
		el("span", { class: "process" }, p.name || "?"), " ",
		el("span", { class: "quiet" }, about.join(", ")),
		p.rest && p.rest !== p.name ? el("code", {}, p.rest) : null);

	if (i + 1 < chain.length)
		item.append(el("ul", {}, branch(chain, i + 1)));
	return item;
}

function tree(entry) {
	const lineage = entry.more?.lineage ?? [];
	const chain = lineage.length > 0 ? fromLineage(lineage) : fromFields(entry.alert.output_fields ?? {});

	if (chain.length === 0)
		return el("p", { class: "quiet" }, "No process: mews says this about itself, or the event had none.");
	return el("ul", { class: "tree" }, branch(chain, 0));
}

export function show(box, entry, close) {
	const of = entry.alert, fields = Object.entries({ ...entry.more?.place, ...of.output_fields }).sort(([a], [b]) => (a < b ? -1 : 1));

	box.replaceChildren(
		el("header", {},
			el("h2", {}, of.rule),
			el("button", { type: "button", class: "close", "aria-label": "Close the alert", onclick: close }, "×")),
		el("p", {}, el("span", { class: "badge p" + severity(entry) }, of.priority), " ",
			el("time", { datetime: of.time }, of.time)),
		el("p", { class: "output" }, of.output),
		el("h3", {}, "Processes"), tree(entry),
		el("h3", {}, "Fields"),
		table("Fields of the alert", ["Field", "Value"], fields.map(([name, value]) => [name,
			el("span", { class: "value" }, value === null ? "null" : Array.isArray(value) ? value.join(", ") : String(value))])),
		el("p", { class: "quiet" }, (of.tags ?? []).map((tag) => "#" + tag).join("  ")),
		el("p", { class: "quiet" }, [of.source, of.hostname, of.uuid].filter(Boolean).join(" · ")));
	box.hidden = false;
}
