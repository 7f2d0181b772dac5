// SPDX-License-Identifier: AGPL-3.0-or-later
// The cameras page keeps pictures and states fresh.
import { live } from "./live.js";
import { remember, swap, swapList } from "./parts.js";
import { html } from "./server.js";

async function sync() {
  const fresh = await html(location.pathname);
  const list = fresh.getElementById("cameras");
  swap(document.getElementById("removed"), fresh.getElementById("removed"));
  document.querySelector("main > .empty")?.toggleAttribute("hidden", list.childElementCount > 0);
  await swapList(document.getElementById("cameras"), list);
}

remember(".camera, .removed");
live({ sync, pulse: sync, onEvents: (events) => (events.some((e) => !e.name.startsWith("case.")) ? sync() : undefined) });
