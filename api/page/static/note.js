// SPDX-License-Identifier: AGPL-3.0-or-later
// The note of a case: what is typed stays in this tab, for this person and case only, until it is sent.
import { text } from "./texts.js";

const MOST = 2000; // letters that the API takes
const NEARLY = 100;
const field = document.getElementById("note"); // whoever may only look has none
const room = document.getElementById("note-room");

// control characters come along when text is pasted from Word; the API takes none
export const noted = () => field.value.replace(/[\0-\x08\v-\x1f]/g, " ").trim();

const left = () => MOST - [...noted()].length;

function told(n) {
  if (n >= 0) return n < NEARLY ? text("note.left", { n }) : "";
  return text("note.over", { n: -n });
}

function changed(slot) {
  if (field.value) sessionStorage.setItem(slot, field.value);
  else sessionStorage.removeItem(slot);
  room.value = told(left());
}

export const tooLong = () => left() < 0;

export const focusNote = () => field?.focus();

// what was typed while `note` was on its way stays
export function clearNote(note) {
  if (noted() !== note) return;
  field.value = "";
  field.dispatchEvent(new Event("input"));
}

export function startNote(slot) {
  if (!field) return;
  field.value = sessionStorage.getItem(slot) ?? "";
  field.addEventListener("input", () => changed(slot));
  changed(slot);
}
