// SPDX-License-Identifier: AGPL-3.0-or-later
// One case: look at the evidence, decide, see what others decide meanwhile.
import { live } from "./live.js";
import { clearNote, focusNote, noted, startNote, tooLong } from "./note.js";
import { remember, swapParts } from "./parts.js";
import { Refused, html, once, write } from "./server.js";
import { announce, text } from "./texts.js";

const article = document.querySelector("[data-case]");
const id = article.dataset.case;
const error = document.getElementById("decide-error");
const mine = `${document.querySelector(".who").dataset.who} ${id}`; // whoever signs in next in this tab has others
const slot = `unanswered ${mine}`;
let chosen = null;
// what was sent and not answered yet, or never: sent once more it keeps its key, so nothing is done twice
let unanswered = JSON.parse(sessionStorage.getItem(slot));
let deciding = Promise.resolve();

async function sync() {
  const fresh = await html(location.pathname + location.search);
  const before = article.querySelector("[data-part=head]").dataset.status;
  swapParts(fresh);
  if (unanswered && isDone(unanswered)) done(unanswered);
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
  return send("transitions", { to: button.dataset.to, note: noted() || null, version: Number(version) });
}

function keepNote() {
  return noted() ? send("notes", { note: noted() }) : focusNote();
}

const historyRows = () => [...article.querySelectorAll(".history li")]; // the newest first

function attempt(what, body) {
  if (unanswered?.what === what && JSON.stringify(unanswered.body) === JSON.stringify(body)) return unanswered;
  return { what, body, key: once(), rows: historyRows().length };
}

function keep(sent) {
  unanswered = sent;
  if (sent) sessionStorage.setItem(slot, JSON.stringify(sent));
  else sessionStorage.removeItem(slot);
}

// whether the history tells of it, though its answer did not come
function isDone({ what, body, rows }) {
  const fresh = historyRows().slice(0, historyRows().length - rows);
  return fresh.some((row) => {
    const to = what === "notes" ? row.dataset.from : body.to;
    return "mine" in row.dataset && row.dataset.became === to && (row.querySelector("p")?.textContent ?? null) === body.note;
  });
}

function done(sent) {
  if (unanswered === sent) keep(null);
  clearNote(sent.body.note ?? "");
  say(null);
}

async function send(what, body) {
  if (tooLong()) return focusNote(); // what is wrong stands beside it
  const buttons = article.querySelectorAll(".move, #add-note");
  buttons.forEach((b) => (b.disabled = true));
  say(null);
  const sent = attempt(what, body);
  keep(sent);
  deciding = write(`/api/v1/cases/${id}/${what}`, body, sent.key);
  try {
    await deciding;
    done(sent);
  } catch (problem) {
    if (unanswered === sent) refused(problem); // else the history has told meanwhile that it was done
  }
  deciding = Promise.resolve();
  await sync().catch(() => {}); // the lamp tells when the server is away
  article.querySelectorAll(".move, #add-note").forEach((b) => (b.disabled = false));
}

function refused(problem) {
  say(reason(problem));
  if (problem instanceof Refused) keep(null);
}

function reason(problem) {
  if (!(problem instanceof Refused)) return text("unreachable");
  if (["version-changed", "move-refused"].includes(problem.kind)) return text("conflict");
  if (problem.kind === "place-has-open-case") return text("place_taken", { other: problem.openCase });
  if (problem.kind === "invalid") return text("invalid");
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
  const act = { e: focusNote, p: play, ArrowLeft: () => step(-1), ArrowRight: () => step(1) }[key];
  const target = act ? null : article.querySelector(`[data-shortcut="${CSS.escape(key)}"]`);
  if (!act && !target) return;
  event.preventDefault();
  if (act) act();
  else if (target.matches("a")) deciding.then(() => target.click(), () => {}); // a refusal is seen first
  else if (!target.disabled) target.click();
}

startNote(`note ${mine}`);
remember("[data-part]");
article.addEventListener("click", onClick);
addEventListener("keydown", onKey);
live({ sync, pulse: sync, onEvents: (events) => (events.some((e) => e.id === id || e.name === "case.created") ? sync() : undefined) });
