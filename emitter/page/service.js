// SPDX-License-Identifier: Apache-2.0
//
// service.js -- the emitter as this page sees it: the token, and the two things that can be asked.
// The token comes in the address's fragment, which no server and no log ever gets, and is kept for
// this tab alone.

const KEY = "mews.token";

let token = null;

export class Refused extends Error {}

export function takeToken() {
	const given = new URLSearchParams(location.hash.slice(1)).get("token");

	if (given) {
		setToken(given);
		history.replaceState(null, "", location.pathname);
	} else {
		token = sessionStorage.getItem(KEY);
	}
	return token !== null;
}

export function setToken(given) {
	token = given;
	sessionStorage.setItem(KEY, given);
}

export function forgetToken() {
	token = null;
	sessionStorage.removeItem(KEY);
}

// Whole numbers beyond what a number can hold stay the digits that they are.
function exact(key, value, context) {
	return typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value) && context?.source
		? context.source : value;
}

async function ask(path, seconds) {
	const answer = await fetch(path, {
		headers: { Authorization: "Bearer " + token },
		cache: "no-store",
		credentials: "omit",
		referrerPolicy: "no-referrer",
		signal: AbortSignal.timeout(seconds * 1000),
	});

	if (answer.status === 401)
		throw new Refused("the token is missing or wrong");
	if (!answer.ok)
		throw new Error("the emitter answered " + answer.status);
	return JSON.parse(await answer.text(), exact);
}

export const askAlerts = (from, last) => ask("/page/api/alerts?from=" + from + "&last=" + last, 15);
export const askState = () => ask("/page/api/state", 15);

// Call TURN again and again, WAIT() ms after the last one came back, never two at once; at once if it
// gave true, never again if false.
export function keepAsking(turn, wait) {
	let timer = null, busy = false, ended = false;

	async function go() {
		if (busy || ended)
			return;
		busy = true;
		clearTimeout(timer);
		const again = await turn();
		busy = false;
		ended = again === false;
		if (!ended)
			timer = setTimeout(go, again === true ? 0 : wait());
	}
	document.addEventListener("visibilitychange", () => {
		if (!document.hidden)
			go();
	});
	go();
}
