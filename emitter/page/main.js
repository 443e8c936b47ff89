// SPDX-License-Identifier: Apache-2.0
//
// main.js -- what is asked when, and which view is shown.

import { $ } from "./dom.js";
import { Refused, askAlerts, askState, forgetToken, keepAsking, setToken, takeToken } from "./service.js";
import * as alerts from "./alerts.js";
import * as charts from "./charts.js";
import * as health from "./health.js";

const FIRST = 1000; // alerts, when the page is opened
const VIEWS = ["alerts", "charts", "health"];

let instance = "", next = 0, state = null, started = false;

// ---- asking ----

function say(how, words) {
	$("verdict").className = "verdict " + how;
	$("verdict").querySelector(".words").textContent = words;
}

function failed(error) {
	if (error instanceof Refused) {
		forgetToken();
		askForToken("This one is not right.");
		return false;
	}
	say("bad", "the emitter does not answer");
	return undefined;
}

async function alertsTurn() {
	try {
		let answer = await askAlerts(next, FIRST);
		const was = next;

		if (instance !== answer.instance) {
			/* Another emitter: its numbers may be others. */
			if (instance !== "" && answer.first !== answer.oldest)
				answer = await askAlerts(0, FIRST);
			instance = answer.instance;
			alerts.add(answer.alerts, 0);
		} else {
			alerts.add(answer.alerts, Math.max(0, answer.first - was));
		}
		next = answer.next;
		return answer.next < answer.end ? true : undefined;
	} catch (error) {
		return failed(error);
	}
}

async function stateTurn() {
	try {
		state = await askState();
		$("host").textContent = state.hostname;
		say(...health.verdict(state));
		charts.add(state);
		if (!$("health-view").hidden)
			health.render(state);
	} catch (error) {
		return failed(error);
	}
	return undefined;
}

// Nobody looks at a hidden tab.
const every = (seconds) => () => (document.hidden ? 10 : seconds) * 1000;

function begin() {
	$("login").hidden = true;
	view(location.hash.slice(1));
	if (!started) {
		alerts.start();
		charts.start();
	}
	started = true;
	keepAsking(alertsTurn, every(1));
	keepAsking(stateTurn, every(2));
}

function askForToken(why) {
	for (const name of VIEWS)
		$(name + "-view").hidden = true;
	if (why)
		$("login-more").textContent = why;
	$("login").hidden = false;
	say("warn", "no token");
	$("token").focus();
}

// ---- views ----

function view(wanted) {
	const name = VIEWS.includes(wanted) ? wanted : "alerts";

	for (const each of VIEWS) {
		$(each + "-view").hidden = each !== name;
		$("tab-" + each).setAttribute("aria-selected", String(each === name));
		$("tab-" + each).tabIndex = each === name ? 0 : -1;
	}
	if (name === "charts")
		charts.draw();
	if (name === "health" && state !== null)
		health.render(state);
	history.replaceState(null, "", "#" + name);
}

function onTabKey(event) {
	const at = VIEWS.findIndex((name) => "tab-" + name === event.target.id);
	const to = VIEWS[(at + ({ ArrowRight: 1, ArrowLeft: VIEWS.length - 1 }[event.key] ?? VIEWS.length)) % VIEWS.length];

	if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
		view(to);
		$("tab-" + to).focus();
	}
}

for (const name of VIEWS) {
	$("tab-" + name).addEventListener("click", () => started && view(name));
	$("tab-" + name).addEventListener("keydown", (event) => started && onTabKey(event));
}
$("login-form").addEventListener("submit", (event) => {
	event.preventDefault();
	setToken($("token").value.trim());
	$("token").value = "";
	begin();
});
if (takeToken())
	begin();
else
	askForToken("");
