// SPDX-License-Identifier: AGPL-3.0-or-later
// Talking to the server: pages of HTML, moves and notes of cases. A session that is over leads to the sign-in page.
import { follow } from "./clock.js";

export const LIMIT_MS = 8000;

export class Away extends Error {}

export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail ?? `HTTP ${status}`);
    this.kind = (problem.type ?? "").split(":").at(-1);
    this.openCase = problem.open_case;
  }
}

async function ask(url, options = {}) {
  try {
    return await fetch(url, { signal: AbortSignal.timeout(LIMIT_MS), ...options });
  } catch (error) {
    throw new Away(String(error));
  }
}

export function signIn() {
  location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
}

async function checked(response) {
  if (response.status === 401 || (response.redirected && new URL(response.url).pathname === "/login")) {
    signIn();
    throw new Away("signed out");
  }
  if (response.status >= 500) throw new Away(`HTTP ${response.status}`);
  if (!response.ok) throw new Refused(response.status, await response.json().catch(() => ({})));
  follow(response.headers.get("date"));
  return response;
}

// whether this browser is signed in; undefined while the server is away
export async function known() {
  const response = await ask("/login/known").catch(() => null);
  return response?.ok ? (await response.json()).known : undefined;
}

const who = (page) => page.querySelector(".who");
const token = (page) => who(page).elements.csrf_token;

// whoever signs in anew in this browser has another token, and somebody else needs a page of their own
function followSession(fresh) {
  if (who(fresh).dataset.who === who(document).dataset.who) token(document).value = token(fresh).value;
  else location.reload();
}

export async function html(url) {
  const response = await checked(await ask(url, { headers: { Accept: "text/html" } }));
  const text = await response.text().catch((error) => Promise.reject(new Away(String(error))));
  const fresh = new DOMParser().parseFromString(text, "text/html");
  if (who(fresh)) followSession(fresh);
  return fresh;
}

// crypto.randomUUID is missing where the page is served over plain HTTP
export function once() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// whoever sends the same once more gives the same key: it is done once
export async function write(url, what, key) {
  const headers = {
    "Content-Type": "application/json",
    "X-CSRF-Token": token(document).value,
    "Idempotency-Key": key,
  };
  const request = { method: "POST", headers, body: JSON.stringify(what) };
  let response;
  try {
    response = await ask(url, request);
  } catch {
    response = await ask(url, request);
  }
  await checked(response);
}
