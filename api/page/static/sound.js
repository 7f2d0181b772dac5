// SPDX-License-Identifier: AGPL-3.0-or-later
// Two soft tones for a new case, made here; off until somebody switches them on.
import { announce, text } from "./texts.js";

let audio = null;
const isOn = () => localStorage.getItem("sound") === "on";

function wake() {
  if (!isOn()) return;
  audio ??= new AudioContext();
  if (audio.state === "suspended") audio.resume();
}

export function chime() {
  if (!isOn() || audio?.state !== "running") return;
  [660, 880].forEach((pitch, n) => {
    const [tone, volume, at] = [audio.createOscillator(), audio.createGain(), audio.currentTime + n * 0.18];
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.0001, at);
    volume.gain.exponentialRampToValueAtTime(0.25, at + 0.03);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.45);
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.5);
  });
}

export function startSound() {
  const button = document.getElementById("sound");
  const show = () => button.setAttribute("aria-pressed", String(isOn()));
  button.addEventListener("click", () => {
    localStorage.setItem("sound", isOn() ? "off" : "on");
    wake();
    show();
    announce(text(isOn() ? "sound.on" : "sound.off"));
    audio?.resume().then(chime);
  });
  // browsers let a page sound only after somebody touched it, or the page before it
  wake();
  addEventListener("pointerdown", wake);
  addEventListener("keydown", wake);
  show();
}
