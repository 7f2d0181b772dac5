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
const PLACE = `wall.place${location.search}`;
const FIELD = "wall.field";
let unseen = 0;
let started = false;
let left = placeLeft();

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

const staying = () => [...cards.querySelectorAll(".card:not(.gone)")];

const focusOn = (card) => card?.querySelector("a").focus({ preventScroll: true });

// the card at a place in the order, or the one that took it
const cardAt = (order) => staying().find((card) => Number(card.dataset.order) <= order) ?? staying().at(-1);

function leave(card) {
  const focused = card.contains(document.activeElement);
  card.classList.add("gone");
  card.removeAttribute("data-key");
  if (focused) focusOn(cardAt(Number(card.dataset.order)));
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

// the newest cases down to a place in the order, in pieces that the server gives
async function newest(limit, order) {
  const fresh = await fetchCards({ limit });
  const list = fresh.getElementById("cards");
  while (Number(list.dataset.before) > order) {
    const piece = (await fetchCards({ before: list.dataset.before, limit: MOST })).getElementById("cards");
    list.append(...piece.children);
    list.dataset.before = piece.dataset.before;
  }
  return fresh;
}

async function sync() {
  const known = keyed();
  const atTop = scrollY < innerHeight && !left;
  const last = left?.last ?? Number(cards.lastElementChild?.dataset.order);
  const wanted = atTop ? PAGE : Math.min(MOST, Math.max(PAGE, known.size));
  const fresh = await newest(wanted, atTop ? Infinity : last);
  const list = fresh.getElementById("cards");
  const focused = document.activeElement.closest(".card");
  const oldest = Number(cards.dataset.before); // what is older was not shown: it comes up as others leave, no news
  const isNews = (card) => Number(card.dataset.order) >= oldest && turnedNew(card, known.get(card.dataset.key));
  const news = [...list.children].filter(isNews).map((card) => card.dataset.key);
  cards.dataset.before = list.dataset.before;
  older.hidden = !list.dataset.before;
  await swapList(cards, list);
  if (focused && !focused.isConnected) focusOn(cardAt(Number(focused.dataset.order)));
  if (left) comeBack();
  if (started) for (const key of news.reverse()) arrived(keyed().get(key));
  started = true;
  swapParts(fresh);
  await tiles();
}

const watching = () => new Set([...document.querySelectorAll('.tile[data-status="live"]')].map((tile) => tile.dataset.key));

async function tiles() {
  const before = watching();
  const fresh = await html("/tiles");
  await swapList(document.getElementById("tiles"), fresh.getElementById("tiles"));
  swapParts(fresh);
  const after = watching();
  const hasTurned = ({ cameraId }) => before.has(cameraId) !== after.has(cameraId); // cards say whether it watches
  await refresh(staying().filter((card) => hasTurned(card.dataset)).map((card) => card.dataset.key));
}

async function refresh(ids) {
  if (ids.length > 40) await sync();
  else if (ids.length) await show(ids);
}

async function onEvents(events) {
  const ids = [...new Set(events.filter((e) => e.name.startsWith("case.")).map((e) => e.id))];
  await refresh(ids);
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
    const links = staying().map((card) => card.querySelector("a"));
    const at = links.indexOf(document.activeElement);
    links[Math.min(links.length - 1, Math.max(0, at + step))]?.focus();
  });
}

// where this wall was left for a case, for whoever comes back from one
function placeLeft() {
  const isBack = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
  const isFromCase = document.referrer.startsWith(`${location.origin}/cases/`);
  return isBack || isFromCase ? JSON.parse(sessionStorage.getItem(PLACE)) : null;
}

function comeBack() {
  const card = cardAt(left.order);
  left = null;
  card?.scrollIntoView({ block: "center" });
  focusOn(card);
}

function startPlace() {
  cards.addEventListener("click", (event) => {
    const card = event.target.closest(".card");
    const place = { order: Number(card?.dataset.order), last: Number(cards.lastElementChild?.dataset.order) };
    if (card) sessionStorage.setItem(PLACE, JSON.stringify(place));
  });
}

// a closed list changes with each arrow key: whoever chooses by keys is done with Enter, or on leaving the fields
function startFilters() {
  const form = document.querySelector(".filters");
  let byKeys = false;
  let changed = false;
  const send = () => {
    if (byKeys && form.contains(document.activeElement)) sessionStorage.setItem(FIELD, document.activeElement.name);
    form.submit();
  };
  form.addEventListener("pointerdown", () => (byKeys = false));
  form.addEventListener("keydown", (event) => {
    byKeys = true;
    if (event.key !== "Enter" || event.isComposing) return; // an input method's Enter only ends a word
    if (!event.target.matches(changed ? "input, select" : "input")) return;
    event.preventDefault();
    send();
  });
  form.addEventListener("change", () => (byKeys ? (changed = true) : send()));
  form.addEventListener("focusout", (event) => changed && !form.contains(event.relatedTarget) && send());
  form.addEventListener("formdata", ({ formData }) => {
    // as links to this wall say it
    for (const [name, value] of [...formData]) if (!value || (name === "status" && value === "open")) formData.delete(name);
  });
  form.elements.namedItem(sessionStorage.getItem(FIELD))?.focus();
  sessionStorage.removeItem(FIELD);
}

remember(".card, .tile, [data-part]");
startFilters();
startPlace();
addEventListener("focus", seen);
document.addEventListener("visibilitychange", seen);
startSound();
startOlder();
startKeys();
live({ sync, pulse: tiles, onEvents, hidden: true });
