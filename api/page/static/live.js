// SPDX-License-Identifier: AGPL-3.0-or-later
// One stream of events, opened again for ever. Each opening asks for a sync first, so nothing in between is missed.
import { Away, LIMIT_MS, known, signIn } from "./server.js";
import { announce, text } from "./texts.js";
import { city, now } from "./clock.js";

const EVERY_MS = 5000;
const SETTLE_MS = 60;
const WAITS_MS = [500, 1000, 2000, 4000, 8000];

// sync(): reads everything anew; pulse(): reads what has no event; onEvents(list): what happened, in order.
// Only a page with `hidden` listens while nobody sees it: browsers allow six connections to one server in all.
export function live({ sync, pulse, onEvents, hidden = false }) {
  let stream = null;
  let failures = 0;
  let lastGood = now();
  let lost = false;
  let waiting = [];
  let settling = 0;
  let opening = 0;
  let unanswered = 0;
  let pulsing = false;
  let chain = Promise.resolve();

  // one at a time, so that an old answer never overwrites a newer one
  const inTurn = (act) => (chain = chain.then(act).then(good, failed));

  function good() {
    lastGood = now();
    if (stream?.readyState === EventSource.OPEN) show("live");
  }

  function failed(error) {
    if (!(error instanceof Away)) console.error(error);
    reopen();
  }

  function open() {
    stream = new EventSource("/api/v1/events");
    unanswered = setTimeout(reopen, LIMIT_MS);
    stream.onopen = () => {
      clearTimeout(unanswered);
      failures = 0;
      inTurn(sync);
    };
    stream.onerror = async () => {
      const refused = stream?.readyState === EventSource.CLOSED; // an event stream does not say why
      reopen();
      if (refused && (await known()) === false) signIn();
    };
    for (const name of ["case.created", "case.updated", "camera.updated", "ticket.updated"]) {
      stream.addEventListener(name, (message) => collect({ name, ...JSON.parse(message.data) }));
    }
  }

  function close() {
    clearTimeout(unanswered);
    stream?.close();
    stream = null;
  }

  function rest() {
    clearTimeout(opening);
    close();
  }

  function reopen() {
    if (!stream) return;
    close();
    show("lost");
    const wait = WAITS_MS[Math.min(failures++, WAITS_MS.length - 1)];
    opening = setTimeout(open, wait * (0.75 + Math.random() / 2)); // many screens must not come back at once
  }

  function collect(event) {
    waiting.push(event);
    clearTimeout(settling);
    settling = setTimeout(() => {
      const events = waiting;
      waiting = [];
      inTurn(() => onEvents(events));
    }, SETTLE_MS);
  }

  function show(state) {
    const lamp = document.getElementById("lamp");
    const banner = document.getElementById("banner");
    if (lamp.dataset.state !== state) {
      lamp.dataset.state = state;
      lamp.querySelector("span").textContent = text(`lamp.${state}`);
    }
    if (state === "lost" && !lost) {
      lost = true;
      delete banner.dataset.kind;
      banner.textContent = text("lost.banner", { time: city(lastGood) });
      banner.hidden = false;
    } else if (state === "live" && lost) {
      lost = false;
      banner.dataset.kind = "good";
      banner.textContent = text("caught_up");
      announce(text("caught_up"));
      setTimeout(() => (banner.hidden = !lost), 4000);
    }
  }

  setInterval(() => {
    if (pulsing || stream?.readyState !== EventSource.OPEN) return; // a slow server is not asked twice
    pulsing = true;
    inTurn(() => pulse().finally(() => (pulsing = false)));
  }, EVERY_MS);
  addEventListener("online", reopen);
  document.addEventListener("visibilitychange", () => {
    if (hidden) return;
    if (document.hidden) rest();
    else if (!stream) open();
  });
  // a page that is left is not a lost connection
  addEventListener("pagehide", () => stream?.close());
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  if (hidden || !document.hidden) open();
}
