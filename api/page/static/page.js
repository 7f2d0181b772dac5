// SPDX-License-Identifier: AGPL-3.0-or-later
// Starts what the page at hand needs; everything works from HTML that the server rendered.
import { startClocks } from "./clock.js";
import { startPictures } from "./parts.js";

const pages = {
  wall: () => import("./wall.js"),
  case: () => import("./case.js"),
  cameras: () => import("./cameras.js"),
  login: () => import("./login.js"),
};

startClocks();
startPictures();
const load = pages[document.documentElement.dataset.page];
if (load) (await load()).start();
