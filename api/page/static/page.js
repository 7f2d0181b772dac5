// SPDX-License-Identifier: AGPL-3.0-or-later
// Starts what every page needs; what one needs besides is its own script. Everything works from HTML of the server.
import { startClocks } from "./clock.js";
import { startPictures } from "./parts.js";
import { known, signIn } from "./server.js";

// somebody may have signed out in another tab
async function leave() {
  if (!document.hidden && (await known()) === false) signIn();
}

startClocks();
startPictures();
if (document.querySelector(".who")) {
  document.addEventListener("visibilitychange", leave);
  addEventListener("focus", leave);
}
