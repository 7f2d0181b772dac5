// SPDX-License-Identifier: AGPL-3.0-or-later
// Starts what every page needs; what one needs besides is its own script. Everything works from HTML of the server.
import { startClocks } from "./clock.js";
import { startPictures } from "./parts.js";

startClocks();
startPictures();
