// SPDX-License-Identifier: AGPL-3.0-or-later
// One case: look at the evidence, decide, see what others decide meanwhile.
import { live } from "./live.js";
import { remember, swapParts } from "./parts.js";
import { Refused, addNote, html, move } from "./server.js";
import { announce, text } from "./texts.js";

const article = document.querySelector("[data-case]");
const id = article.dataset.case;
const error = document.getElementById("decide-error");
const note = document.getElementById("note");
let chosen = null;
let deciding = Promise.resolve();

async function sync() {
  const fresh = await html(location.pathname);
  const before = article.querySelector("[data-part=head]").dataset.status;
  swapParts(fresh);
  if (chosen) stage(chosen, false);
  const head = article.querySelector("[data-part=head]");
  document.title = fresh.title;
  if (head.dataset.status !== before) announce(text("changed", { id, status: head.querySelector(".status").textContent.trim() }));
}

function say(words) {
  error.hidden = !words;
  error.textContent = words ?? "";
}

function decide(button) {
  const { version } = article.querySelector("[data-part=head]").dataset;
  return send(() => move(id, button.dataset.to, note.value.trim(), Number(version)));
}

function keepNote() {
  return note.value.trim() ? send(() => addNote(id, note.value.trim())) : note.focus();
}

async function send(act) {
  const buttons = article.querySelectorAll(".move, #add-note");
  buttons.forEach((b) => (b.disabled = true));
  say(null);
  deciding = act();
  try {
    await deciding;
    note.value = "";
  } catch (problem) {
    say(reason(problem));
  }
  deciding = Promise.resolve();
  await sync().catch(() => {}); // the lamp tells when the server is away
  article.querySelectorAll(".move, #add-note").forEach((b) => (b.disabled = false));
}

function reason(problem) {
  if (!(problem instanceof Refused)) return text("unreachable");
  if (["version-changed", "move-refused"].includes(problem.kind)) return text("conflict");
  if (problem.kind === "place-has-open-case") return text("place_taken", { other: problem.openCase });
  return text("refused", { why: problem.message });
}

function stage(key, plays = true) {
  if (!document.getElementById(key)) return;
  chosen = key;
  for (const item of article.querySelectorAll("[data-stage]")) {
    item.hidden = item.id !== key;
    const video = item.querySelector("video");
    if (item.hidden) video?.pause();
    else if (plays) video?.play().catch(() => {}); // a browser may want a click first: the controls are there
  }
  for (const button of article.querySelectorAll("[data-shows]")) {
    button.setAttribute("aria-pressed", String(button.dataset.shows === key));
  }
}

function step(by) {
  const keys = [...article.querySelectorAll("[data-shows]")].map((button) => button.dataset.shows);
  const at = keys.findIndex((key) => !document.getElementById(key).hidden);
  if (keys.length) stage(keys[(at + by + keys.length) % keys.length]);
}

function play() {
  const shown = article.querySelector("[data-stage]:not([hidden]) video");
  const video = shown ?? [...article.querySelectorAll("video")].at(-1);
  if (!video) return;
  const item = video.closest("[data-stage]");
  if (item.hidden) stage(item.id);
  else if (video.paused) video.play().catch(() => {});
  else video.pause();
}

function box(button) {
  const on = article.classList.toggle("no-box");
  button.setAttribute("aria-pressed", String(!on));
}

function onClick(event) {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.to) decide(button);
  else if (button.id === "add-note") keepNote();
  else if (button.dataset.shows) stage(button.dataset.shows);
  else if (button.id === "box") box(button);
}

function onKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  if (event.target.matches("input, textarea, video")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key; // caps lock changes nothing
  const act = { e: () => note?.focus(), p: play, ArrowLeft: () => step(-1), ArrowRight: () => step(1) }[key];
  const target = act ? null : article.querySelector(`[data-shortcut="${CSS.escape(key)}"]`);
  if (!act && !target) return;
  event.preventDefault();
  if (act) act();
  else if (target.matches("a")) deciding.then(() => target.click(), () => {}); // a refusal is seen first
  else if (!target.disabled) target.click();
}

remember("[data-part]");
article.addEventListener("click", onClick);
addEventListener("keydown", onKey);
live({ sync, pulse: sync, onEvents: (events) => (events.some((e) => e.id === id || e.name === "case.created") ? sync() : undefined) });
