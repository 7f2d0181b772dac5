// SPDX-License-Identifier: AGPL-3.0-or-later
// Signing in: by name and password, by token, or by a token in the address's fragment, which no server log sees.
import { known } from "./server.js";
import { text } from "./texts.js";

const error = document.getElementById("login-error");

function say(key) {
  error.textContent = text(key);
  error.hidden = false;
}

async function signIn(fields, next) {
  error.hidden = true;
  let response;
  try {
    response = await fetch("/login", { method: "POST", body: new URLSearchParams(fields), headers: { Accept: "application/json" } });
  } catch {
    return say("login.unreachable");
  }
  if (response.ok) return location.replace(next);
  say(response.status === 429 ? "login.slow_down" : response.status >= 500 ? "login.unreachable" : "login.refused");
}

// a link from another site comes without the strict session cookie: this request has it
async function followKnown(next) {
  if (await known()) location.replace(next);
}

function followLink(next) {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return false;
  history.replaceState(null, "", location.pathname + location.search);
  signIn({ token }, next);
  return true;
}

const next = document.getElementById("login-token").elements.next.value;
if (!followLink(next)) followKnown(next);
addEventListener("hashchange", () => followLink(next)); // a link that is opened where this page stands loads nothing
addEventListener("focus", () => followKnown(next)); // somebody may have signed in on another screen
for (const each of document.querySelectorAll(".login form")) {
  each.addEventListener("submit", (event) => {
    event.preventDefault();
    signIn(new FormData(each), each.elements.next.value);
  });
}
