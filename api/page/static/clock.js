// SPDX-License-Identifier: AGPL-3.0-or-later
// Everything that ticks, by the server's clock: a control room's computer may be minutes off.
import { text } from "./texts.js";

const root = document.documentElement;
let ahead_ms = Date.parse(root.dataset.now) - Date.now();
const cityTime = new Intl.DateTimeFormat("en-GB", { timeZone: root.dataset.timezone, timeStyle: "medium" });

export const now = () => Date.now() + ahead_ms;
export const city = (at_ms) => cityTime.format(at_ms);

// the Date header has whole seconds only, so small differences are not followed
export function follow(dateHeader) {
  const found = Date.parse(dateHeader) - Date.now();
  if (Math.abs(found - ahead_ms) > 3000) ahead_ms = found;
}

const two = (n) => String(n).padStart(2, "0");

export function span(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
  if (h >= 24) return text("days", { d: Math.floor(h / 24), h: h % 24 });
  return h ? `${h}:${two(m)}:${two(s % 60)}` : `${two(m)}:${two(s % 60)}`;
}

export function ago(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 100) return text("seconds", { s });
  if (s < 6000) return text("minutes", { m: Math.round(s / 60) });
  return text("hours", { h: Math.round(s / 3600) });
}

export function tick(within = document) {
  for (const node of within.querySelectorAll(".span[data-since]")) {
    const until = node.dataset.until ? Date.parse(node.dataset.until) : now();
    node.textContent = span(until - Date.parse(node.dataset.since));
  }
  for (const node of within.querySelectorAll(".ago[data-ago]")) {
    node.textContent = ago(now() - Date.parse(node.dataset.ago));
  }
}

export function startClocks() {
  const clock = document.getElementById("clock");
  const beat = () => {
    clock.textContent = city(now());
    tick();
    setTimeout(beat, 1000 - (now() % 1000));
  };
  beat();
}
