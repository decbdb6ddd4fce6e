// Send what waits: each note by itself under its own key, photos apart, and nothing is let go before it has arrived.

import { after, forgotten, verdict, waiting } from "./queue.js";
import { allNotes, dropNote, keep, kept, noteArrived, photosOf, putNote, putPhoto } from "./store.js";

const EVERY = 30_000;
const RECORDS = "/api/v1/field-records";
const SLOWEST = { note: 20_000, photo: 60_000 };

/** How it went the last time: what people are told about the network, which `navigator.onLine` does not know. */
export const mood = { reached: true, login: false, busy: false };
const told = new BroadcastChannel("pas-tech");
let restUntil = 0;

/** @param {() => void} listen */
export function onChange(listen) {
  told.addEventListener("message", listen);
  addEventListener("pas-tech", listen);
}

/** Tell this tab and the others that something changed. */
export function changed() {
  told.postMessage("changed");
  dispatchEvent(new Event("pas-tech"));
}

/** Send whenever there may be a chance: the network is back, the screen is looked at, half a minute has gone by. */
export function keepSending() {
  addEventListener("online", () => send());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && send());
  setInterval(send, EVERY);
  send();
}

/**
 * Send all that waits; where another tab does so already, leave it to that one.
 * @param {boolean} [now] do not wait for the rest that the server asked for
 */
export async function send(now = false) {
  if (!now && Date.now() < restUntil) return;
  await navigator.locks.request("pas-tech-send", { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    mood.busy = true;
    try {
      for (const note of forgotten(await allNotes(), Date.now())) await dropNote(note.id);
      await sendEach(new Set());
    } finally {
      mood.busy = false;
      changed();
    }
  });
}

/**
 * Send note after note, also those that became ready meanwhile, each at most once in this round.
 * @param {Set<string>} tried
 */
async function sendEach(tried) {
  const note = waiting(await allNotes()).find((one) => !tried.has(one.id));
  if (!note || !(await sendOne(note))) return;
  await sendEach(tried.add(note.id));
}

/**
 * Send one note and then its photos. Gives whether the next one is worth a try.
 * @param {import("./queue.js").Note} note
 */
async function sendOne(note) {
  const headers = { "Content-Type": "application/json", "Device-Time": new Date().toISOString() };
  const body = JSON.stringify(note.body);
  let heard = await ask(RECORDS, { method: "POST", headers: { ...headers, "Idempotency-Key": note.id }, body });
  const arrived = verdict(heard.status) === "sent";
  const answer = arrived ? { outcome: heard.answer.outcome, flags: heard.answer.flags } : undefined;
  if (arrived) heard = await sendPhotos(note);
  const became = after(note, { status: heard.status, code: heard.code, answer }, Date.now());
  await (became.state === "sent" ? noteArrived(became) : putNote(became));
  changed();
  return !["later", "login"].includes(verdict(heard.status));
}

/**
 * Send the photos of a note that are not there yet, each by its digest.
 * @param {import("./queue.js").Note} note
 */
async function sendPhotos(note) {
  for (const photo of (await photosOf(note.id)).filter((one) => !one.sent)) {
    const form = new FormData();
    form.set("component", photo.component);
    form.set("file", photo.blob, "photo.jpg");
    const headers = { "Idempotency-Key": photo.id };
    const heard = await ask(`${RECORDS}/${note.id}/photos`, { method: "POST", headers, body: form }, SLOWEST.photo);
    if (verdict(heard.status) !== "sent") return heard;
    await putPhoto({ ...photo, sent: true });
  }
  return { status: 201 };
}

/**
 * Ask the server, and learn from the answer whether it can be reached and how wrong our clock is.
 * @param {string} address
 * @param {RequestInit} [how]
 * @param {number} [most] milliseconds
 * @returns {Promise<{status: number, code?: string, answer?: any}>}
 */
export async function ask(address, how = {}, most = SLOWEST.note) {
  const began = Date.now();
  try {
    const heard = await fetch(address, { ...how, cache: "no-store", redirect: "error", signal: AbortSignal.timeout(most) });
    const answer = await heard.json().catch(() => ({}));
    mood.reached = true;
    mood.login = heard.status === 401;
    if (heard.status === 429) restUntil = Date.now() + 1000 * Number(heard.headers.get("Retry-After") ?? 30);
    await learnClock(heard.headers.get("Date"), began, Date.now());
    return { status: heard.status, code: answer.code, answer };
  } catch {
    mood.reached = false;
    return { status: 0 };
  }
}

/**
 * Keep by how many seconds our clock is ahead of the server's.
 * @param {string | null} said
 * @param {number} began
 * @param {number} ended
 */
async function learnClock(said, began, ended) {
  const theirs = Date.parse(said ?? "");
  if (Number.isNaN(theirs) || ended - began > 10_000) return;
  await keep("clock", Math.round(((began + ended) / 2 - theirs) / 1000));
}

/** @returns {Promise<number | null>} by how many seconds our clock is known to be ahead */
export async function clockOffset() {
  return (await kept("clock")) ?? null;
}
