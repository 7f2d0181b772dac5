// SPDX-License-Identifier: AGPL-3.0-or-later
// The cameras page keeps pictures and states fresh.
import { live } from "./live.js";
import { parse, remember, swapList } from "./parts.js";
import { html } from "./server.js";

async function sync() {
  const fresh = parse(await html(location.pathname)).getElementById("cameras");
  await swapList(document.getElementById("cameras"), fresh);
  document.querySelector("main > .empty")?.toggleAttribute("hidden", fresh.childElementCount > 0);
}

export function start() {
  remember(".camera");
  live({ sync, pulse: sync, onEvents: (events) => (events.some((e) => !e.name.startsWith("case.")) ? sync() : undefined) });
}
