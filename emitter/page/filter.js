// SPDX-License-Identifier: Apache-2.0
//
// filter.js -- which alerts are shown.  Of an entry {number, alert, more} as the emitter gives it.

export const PRIORITIES = ["Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Informational", "Debug"];

const field = (entry, name) => {
	const value = entry.alert.output_fields?.[name] ?? entry.more?.place?.[name];

	return value === null || value === undefined || value === "<NA>" || value === "" ? "" : String(value);
};

export const severity = (entry) => {
	const at = PRIORITIES.indexOf(entry.alert.priority);

	return at === -1 ? PRIORITIES.length - 1 : at;
};

// What can be chosen from; the host's own processes have the container "host".
export const KEYS = {
	rule: (entry) => entry.alert.rule ?? "",
	namespace: (entry) => field(entry, "k8s.ns.name"),
	pod: (entry) => field(entry, "k8s.pod.name"),
	container: (entry) => field(entry, "container.name") || field(entry, "container.id"),
};

// All that is searched, once for each alert.
export function textOf(entry) {
	const of = entry.alert;
	const lineage = (entry.more?.lineage ?? []).map((p) => p.name + " " + p.cmdline);

	return [of.rule, of.output, ...(of.tags ?? []), ...Object.values(of.output_fields ?? {}), ...Object.values(entry.more?.place ?? {}), ...lineage].join("\n").toLowerCase();
}

// WANTED: {text, priority (an index), rule, namespace, pod, container}, "" is all.
export function matches(entry, wanted) {
	if (severity(entry) > wanted.priority)
		return false;
	for (const key of Object.keys(KEYS))
		if (wanted[key] !== "" && KEYS[key](entry) !== wanted[key])
			return false;
	return wanted.text.split(/\s+/).every((word) => word === "" || entry.text.includes(word.toLowerCase()));
}
