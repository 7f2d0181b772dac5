// SPDX-License-Identifier: AGPL-3.0-or-later
// The words that scripts say, in the language the server chose.
const texts = JSON.parse(document.documentElement.dataset.texts);

export function text(key, values = {}) {
  return texts[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export function announce(words) {
  const region = document.getElementById("announce");
  const line = document.createElement("span");
  line.textContent = words;
  region.append(line);
  while (region.childElementCount > 5) region.firstElementChild.remove();
}
