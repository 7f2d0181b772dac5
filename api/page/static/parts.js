// SPDX-License-Identifier: AGPL-3.0-or-later
// Puts fresh server HTML into the page, touching only what changed: pictures do not flicker, a playing clip plays on.
import { tick } from "./clock.js";

// the HTML each node was made from, before anything in it ticked
const sources = new WeakMap();

export function remember(selector) {
  for (const node of document.querySelectorAll(selector)) sources.set(node, node.outerHTML);
}

// what is drawn over a picture takes the picture's own shape
function fit(image) {
  const marks = image.parentElement?.querySelector(".marks");
  if (!marks || !image.naturalWidth) return;
  marks.setAttribute("viewBox", `0 0 1600 ${(1600 * image.naturalHeight) / image.naturalWidth}`);
}

export function startPictures() {
  document.addEventListener("load", (event) => event.target.matches?.("img[data-shot]") && fit(event.target), true);
  document.querySelectorAll("img[data-shot]").forEach(fit);
}

function keepLoaded(before, after) {
  for (const image of after.querySelectorAll("img, video")) {
    const old = [...before.querySelectorAll(image.localName)].find((o) => o.getAttribute("src") === image.getAttribute("src"));
    if (!old) continue;
    old.alt = image.alt;
    image.replaceWith(old);
  }
}

// Waits until pictures that `before` does not show can be painted at once. Pictures of parsed HTML load as soon as
// they belong to this document.
async function decoded(after, before) {
  const shown = new Set([...before.querySelectorAll("img")].map((image) => image.getAttribute("src")));
  const images = [...after.querySelectorAll("img")].filter((image) => !shown.has(image.getAttribute("src")));
  if (!images.length) return;
  for (const image of images) image.loading = "eager";
  document.adoptNode(after);
  const all = Promise.all(images.map((image) => image.decode().catch(() => {})));
  await Promise.race([all, new Promise((done) => setTimeout(done, 1500))]);
}

function copyAttributes(before, after) {
  for (const { name } of [...before.attributes]) if (name !== "class" && !after.hasAttribute(name)) before.removeAttribute(name);
  for (const { name, value } of after.attributes) if (name !== "class") before.setAttribute(name, value);
}

// Gives `before` the content of `after` unless both came from the same HTML; says whether it did. The node itself
// stays, with its class: so an animation runs on.
export function swap(before, after, html = after.outerHTML) {
  if (sources.get(before) === html) return false;
  sources.set(before, html);
  const focused = before.contains(document.activeElement) ? document.activeElement : null;
  const playing = [...before.querySelectorAll("video")].filter((video) => !video.paused);
  document.adoptNode(after); // pictures that move between documents would load again
  keepLoaded(before, after);
  copyAttributes(before, after);
  before.replaceChildren(...after.childNodes);
  before.querySelectorAll("img[data-shot]").forEach(fit); // those that have loaded already
  tick(before);
  playing.forEach((video) => video.isConnected && video.play().catch(() => {}));
  if (focused && !focused.isConnected) refocus(before, focused);
  return true;
}

function refocus(within, lost) {
  const name = ["href", "data-to", "data-shows", "id"].find((one) => lost.hasAttribute(one));
  const same = name ? `[${name}="${CSS.escape(lost.getAttribute(name))}"]` : lost.localName;
  (within.querySelector(same) ?? within.querySelector("a, button"))?.focus({ preventScroll: true });
}

export function adopt(node) {
  sources.set(node, node.outerHTML);
  tick(node);
  return node;
}

// Makes the children of `list` those of `fresh`, matched by data-key, in its order.
export async function swapList(list, fresh) {
  const old = new Map([...list.children].map((node) => [node.dataset.key, node]));
  const order = [...fresh.children].map((node) => node.dataset.key);
  const pairs = [...fresh.children].map((after) => [old.get(after.dataset.key), after, after.outerHTML]);
  const changed = pairs.filter(([before, , html]) => before && sources.get(before) !== html);
  await Promise.all(changed.map(([before, after]) => decoded(after, before))); // together: new cases wait for this list
  for (const [before, after, html] of pairs) {
    if (before) swap(before, after, html);
    else list.append(adopt(after));
    old.delete(after.dataset.key);
  }
  for (const node of old.values()) node.remove();
  reorder(list, order);
}

function reorder(list, order) {
  const nodes = new Map([...list.children].map((node) => [node.dataset.key, node]));
  order.forEach((key, at) => {
    const node = nodes.get(key);
    if (list.children[at] !== node) list.insertBefore(node, list.children[at]);
  });
}

export function swapParts(fresh) {
  for (const after of fresh.querySelectorAll("[data-part]")) {
    const before = document.querySelector(`[data-part="${after.dataset.part}"]`);
    if (before && before !== after) swap(before, after); // one within another came along with it
  }
}
