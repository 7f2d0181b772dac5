// SPDX-License-Identifier: AGPL-3.0-or-later
// The case wall: cases arrive, change and leave without a reload.
import { live } from "./live.js";
import { adopt, remember, swap, swapList, swapParts } from "./parts.js";
import { html } from "./server.js";
import { chime, startSound } from "./sound.js";
import { announce, text } from "./texts.js";

const PAGE = 30;
const MOST = 200;
const cards = document.getElementById("cards");
const older = document.getElementById("older");
const title = document.title;
const query = new URLSearchParams(location.search);
let unseen = 0;
let started = false;

function fetchCards(parameters) {
  const asked = new URLSearchParams(query);
  asked.delete("before");
  for (const [name, value] of Object.entries(parameters)) asked.set(name, value);
  return html(`/cards?${asked}`);
}

function badge() {
  document.title = unseen ? `(${unseen}) ${title}` : title;
}

function seen() {
  if (document.hidden || !document.hasFocus()) return;
  unseen = 0;
  badge();
}

function arrived(card) {
  const { what, camera, zone } = card.dataset;
  card.classList.add("arrived");
  announce(text("new_case", { what, camera, zone }));
  setTimeout(() => card.classList.remove("arrived"), 6500);
  unseen += 1;
  badge();
  seen();
  chime();
}

function place(card) {
  const next = [...cards.children].find((other) => Number(other.dataset.order) < Number(card.dataset.order));
  if (next) next.before(card);
  else if (!cards.dataset.before) cards.append(card);
  else return false; // older than what is shown: it comes with its page
  return true;
}

function leave(card) {
  card.classList.add("gone");
  card.removeAttribute("data-key");
  setTimeout(() => card.remove(), 400);
}

const keyed = () => new Map([...cards.querySelectorAll("[data-key]")].map((card) => [card.dataset.key, card]));

const turnedNew = (card, before) => card.dataset.status === "new" && before?.dataset.status !== "new";

async function show(ids) {
  const fresh = await fetchCards({ ids: ids.join(",") });
  const shown = keyed();
  for (const card of [...fresh.getElementById("cards").children]) {
    const before = shown.get(card.dataset.key);
    ids = ids.filter((id) => id !== card.dataset.key);
    const isNews = turnedNew(card, before);
    if (before) changed(before, card);
    else if (!place(adopt(card)) && !isNews) continue;
    if (isNews) arrived(before ?? card);
  }
  for (const id of ids) if (shown.has(id)) leave(shown.get(id));
  swapParts(fresh);
}

function changed(before, card) {
  const { status, order } = before.dataset;
  if (!swap(before, card)) return;
  if (before.dataset.order !== order) place(before); // new again
  if (before.dataset.status === status) return;
  const words = before.querySelector(".status").textContent.trim();
  announce(text("changed", { id: before.dataset.key, status: words }));
}

async function sync() {
  const known = keyed();
  const wanted = scrollY < innerHeight ? PAGE : Math.min(MOST, Math.max(PAGE, known.size));
  const fresh = await fetchCards({ limit: wanted });
  const list = fresh.getElementById("cards");
  const oldest = Number(cards.dataset.before); // what is older was not shown: it comes up as others leave, no news
  const isNews = (card) => Number(card.dataset.order) >= oldest && turnedNew(card, known.get(card.dataset.key));
  const news = [...list.children].filter(isNews).map((card) => card.dataset.key);
  cards.dataset.before = list.dataset.before;
  older.hidden = !list.dataset.before;
  await swapList(cards, list);
  if (started) for (const key of news.reverse()) arrived(keyed().get(key));
  started = true;
  swapParts(fresh);
  await tiles();
}

async function tiles() {
  const fresh = await html("/tiles");
  await swapList(document.getElementById("tiles"), fresh.getElementById("tiles"));
  swapParts(fresh);
}

async function onEvents(events) {
  const ids = [...new Set(events.filter((e) => e.name.startsWith("case.")).map((e) => e.id))];
  if (ids.length > 40) return sync();
  if (ids.length) await show(ids);
  if (events.some((e) => !e.name.startsWith("case."))) await tiles();
  if (cards.childElementCount > MOST && scrollY < innerHeight) await sync();
}

async function showOlder() {
  const before = cards.dataset.before;
  if (!before || older.dataset.busy) return;
  older.dataset.busy = "yes";
  try {
    const fresh = (await fetchCards({ before })).getElementById("cards");
    const shown = keyed();
    for (const card of [...fresh.children]) if (!shown.has(card.dataset.key)) cards.append(adopt(card));
    cards.dataset.before = fresh.dataset.before;
    older.hidden = !fresh.dataset.before;
  } finally {
    delete older.dataset.busy;
  }
}

function startOlder() {
  const load = () => showOlder().catch(() => {}); // the lamp tells; the button stays for another try
  older.addEventListener("click", (event) => (event.preventDefault(), load()));
  new IntersectionObserver((entries) => entries.some((e) => e.isIntersecting) && load(), { rootMargin: "600px" }).observe(older);
}

function startKeys() {
  addEventListener("keydown", (event) => {
    if (event.target.matches("input, select, textarea") || event.ctrlKey || event.altKey || event.metaKey) return;
    const step = { j: 1, k: -1 }[event.key.toLowerCase()];
    if (!step) return;
    const links = [...cards.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement);
    links[Math.min(links.length - 1, Math.max(0, at + step))]?.focus();
  });
}

remember(".card, .tile, [data-part]");
document.querySelector(".filters").addEventListener("change", (event) => event.currentTarget.submit());
addEventListener("focus", seen);
document.addEventListener("visibilitychange", seen);
startSound();
startOlder();
startKeys();
live({ sync, pulse: tiles, onEvents, hidden: true });
