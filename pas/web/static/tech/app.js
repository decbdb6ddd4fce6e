// The technician's app: which screen the address means, and what happens by itself.

import { hush } from "./draw.js";
import { drawForm } from "./form.js";
import { drawList } from "./list.js";
import { drawQueue, drawSign } from "./outbox.js";
import { keepSending, onChange } from "./send.js";
import { drawDone, drawMove, drawStep, drawThing, drawUnknown } from "./thing.js";
import { recall, refresh } from "./work.js";
import { goTo } from "./list.js";

/** @type {Record<string, (...parts: string[]) => unknown>} */
const SCREENS = {
  "": drawList,
  thing: drawThing,
  note: drawForm,
  done: drawDone,
  move: drawMove,
  step: drawStep,
  queue: drawQueue,
  tag: drawUnknown,
  look: goTo,
};
const REFRESH_EVERY = 5 * 60_000;

function parts() {
  return location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
}

async function draw() {
  const [screen, ...rest] = parts();
  await (SCREENS[screen] ?? drawList)(...rest);
}

async function moved() {
  hush();
  await draw();
  document.querySelector("h1")?.focus({ preventScroll: true });
  scrollTo(0, 0);
}

/** Draw again what others changed; never under somebody's hands. */
async function redraw() {
  await drawSign();
  const [screen] = parts();
  const typing = document.activeElement?.matches("input, textarea, select");
  if (["", "queue"].includes(screen ?? "") && !typing) await draw();
}

async function begin() {
  if ("serviceWorker" in navigator) navigator.serviceWorker.register("/tech/sw.js", { scope: "/tech" });
  navigator.storage?.persist?.();
  await recall();
  addEventListener("hashchange", moved);
  onChange(redraw);
  await draw();
  await drawSign();
  document.body.dataset.ready = "yes";
  await refresh();
  setInterval(refresh, REFRESH_EVERY);
  keepSending();
}

begin();
