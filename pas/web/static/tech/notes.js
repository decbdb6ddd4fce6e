// Notes from the first letter to the queue: kept as they are written, frozen when they are ready.

import { newId } from "./queue.js";
import { changed, clockOffset, send } from "./send.js";
import { dropPhoto, getNote, kept, keep, photosOf, putNote, putPhoto } from "./store.js";
import { digest, shrink } from "./photo.js";
import { product, stands, thing } from "./work.js";

const FORM_VERSION = 1;

/**
 * Begin an inspection of a thing, or of one that we only have a tag of.
 * @param {{asset?: string, tag: string, title: string}} about
 */
export async function beginInspection(about) {
  const found = thing(about.asset);
  const checklist = product(found?.product_id);
  const draft = { grades: {}, measured: {}, answers: {}, reading: "", note: "" };
  const note = begun("inspection", about, { draft, checklist: checklist?.checklist_version ?? null });
  await putNote(note);
  changed();
  return note;
}

/**
 * @param {string} kind
 * @param {{asset?: string, tag: string, title: string}} about
 * @param {object} more
 */
function begun(kind, about, more) {
  const now = Date.now();
  const known = { id: newId(now), state: /** @type {const} */ ("draft"), kind, title: about.title, changedAt: now };
  return { ...known, asset: about.asset ?? null, tag: about.tag, body: {}, ...more };
}

/**
 * Keep a draft as it stands.
 * @param {any} note
 */
export async function keepDraft(note) {
  note.changedAt = Date.now();
  await putNote(note);
}

/**
 * Freeze a note and let it go: from now on it is sent word for word until it has arrived.
 * @param {any} note
 * @param {object} told what belongs to its kind
 */
export async function ready(note, told) {
  const now = Date.now();
  const body = {
    id: note.id,
    kind: note.kind,
    tag: note.tag,
    asset_id: note.asset,
    captured_at: new Date(now).toISOString(),
    clock_offset: await clockOffset(),
    device: await device(),
    form_version: FORM_VERSION,
    ...told,
  };
  await putNote({ ...note, state: "ready", body, changedAt: now, readyAt: now, problem: undefined });
  changed();
  send();
}

/**
 * Give a command about a thing: it says how the thing stands for us, so that the office sees where it stands otherwise.
 * @param {"move" | "status"} kind
 * @param {import("./work.js").Thing} about
 * @param {Record<string, any>} wanted
 * @param {string} words
 */
export async function command(kind, about, wanted, words) {
  const based_on = { status: about.status, site_id: about.site_id, holder_id: about.holder_id, place: about.place };
  const note = begun(kind, { asset: about.id, tag: about.public_id, title: about.serial }, {});
  await ready(note, { wanted, based_on, note: words });
  await stands(about.id, wanted);
}

/**
 * Say that a piece of work is done.
 * @param {any} order
 * @param {import("./work.js").Thing} about
 * @param {object} done
 * @param {string} words
 */
export async function workDone(order, about, done, words) {
  const note = begun("work_done", { asset: about.id, tag: about.public_id, title: about.serial }, { order: order.id });
  await ready(note, { work_id: order.id, done, note: words });
}

/**
 * Take a refused note back into one's hands.
 * @param {string} id
 */
export async function reopen(id) {
  const note = await getNote(id);
  if (!note) return;
  await putNote({ ...note, state: note.kind === "inspection" && !note.answer ? "draft" : "ready", problem: undefined });
  changed();
}

/**
 * Let the photos go that could not be taken, and send the rest again.
 * @param {string} id
 */
export async function withoutPhotos(id) {
  for (const photo of await photosOf(id)) if (!photo.sent) await dropPhoto(photo.id);
  await reopen(id);
  send();
}

/**
 * Keep a photo of a draft, shrunk; the same one of the same component once.
 * @param {any} note
 * @param {Blob} file
 * @param {string} component
 */
export async function addPhoto(note, file, component) {
  const blob = await shrink(file);
  const sha256 = await digest(blob);
  const twice = (await photosOf(note.id)).some((one) => one.sha256 === sha256 && one.component === component);
  if (!twice) await putPhoto({ id: newId(Date.now()), note: note.id, component, sha256, sent: false, blob });
  await keepDraft(note);
}

/** Name this device, the same each time; it says nothing about whose it is. */
async function device() {
  const known = await kept("device");
  if (known) return known;
  const made = `web-${newId(Date.now()).slice(-12)}`;
  await keep("device", made);
  return made;
}

/** Put all that is not with us yet into one file, photos and all. */
export async function copyOf(/** @type {import("./queue.js").Note[]} */ notes) {
  const found = [];
  for (const note of notes) {
    const photos = [];
    for (const photo of await photosOf(note.id)) {
      const bytes = new Uint8Array(await photo.blob.arrayBuffer());
      let text = "";
      for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
      photos.push({ component: photo.component, sha256: photo.sha256, jpeg: btoa(text) });
    }
    found.push({ ...note, photos });
  }
  return new Blob([JSON.stringify({ saved_at: new Date().toISOString(), device: await device(), notes: found }, null, 1)], {
    type: "application/json",
  });
}
