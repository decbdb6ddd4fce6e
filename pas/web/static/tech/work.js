// What was taken along: today's work, the things at those places, their checklists; read here, network or not.

import { ask, changed } from "./send.js";
import { keep, kept } from "./store.js";

/**
 * @typedef {{id: string, serial: string, public_id: string, product_id: string, status: string, site_id: string | null,
 *   holder_id: string | null, place: string, grade: string | null, reading: number | null}} Thing
 */

/** @type {any} */
let work;

/** Load what was kept the last time. */
export async function recall() {
  work = (await kept("work")) ?? null;
  return work;
}

/** Give what was taken along, null where that never happened. */
export function taken() {
  return work;
}

/** Take along what is new; keep what there was where that fails. */
export async function refresh() {
  const heard = await ask("/api/v1/field-work");
  if (heard.status === 200) {
    await keep("work", { ...heard.answer, takenAt: Date.now() });
    await recall();
  }
  changed();
  return heard.status;
}

/**
 * Find a thing by its id.
 * @param {string | null | undefined} id
 * @returns {Thing | undefined}
 */
export function thing(id) {
  return work?.things.find((/** @type {Thing} */ one) => one.id === id);
}

/**
 * Find a thing by what is on its label: the address of the QR code, or the number that people read.
 * @param {string} tag
 * @returns {Thing | undefined}
 */
export function lookUp(tag) {
  const meant = spellings(tag);
  const by = (/** @type {(one: Thing) => string} */ named) =>
    (work?.things ?? []).filter((/** @type {Thing} */ one) => meant.has(named(one).toLowerCase()));
  const found = by((one) => one.public_id);
  if (found.length) return found[0];
  const named = [...by((one) => one.serial), ...by((one) => one.id)];
  return named.length === 1 ? named[0] : undefined;
}

/**
 * @param {string} tag
 * @returns {Set<string>}
 */
function spellings(tag) {
  const plain = tag.trim().toLowerCase();
  const found = new Set([plain]);
  try {
    const path = new URL(tag.trim()).pathname.replace(/^\/p\//, "/").slice(1);
    found.add(`https://id.gs1.org/${path}`.toLowerCase()).add(decodeURIComponent(path).toLowerCase());
  } catch {
    // a number that was typed is no address
  }
  return found;
}

/** @param {string | null | undefined} id */
export function product(id) {
  return work?.products.find((/** @type {any} */ one) => one.id === id);
}

/** @param {string | null | undefined} id */
export function site(id) {
  return work?.sites.find((/** @type {any} */ one) => one.id === id);
}

/** @param {string} id */
export function order(id) {
  return work?.work.find((/** @type {any} */ one) => one.id === id);
}

/**
 * Give the open orders of a thing.
 * @param {string} asset
 */
export function ordersOf(asset) {
  return (work?.work ?? []).filter((/** @type {any} */ one) => one.asset_id === asset);
}

/**
 * Remember that a thing stands otherwise now, so that the next command rests on this one.
 * @param {string} id
 * @param {Partial<Thing>} change
 */
export async function stands(id, change) {
  const found = thing(id);
  if (!found) return;
  Object.assign(found, change);
  await keep("work", work);
}

/**
 * Give the work by place: jobs at the same place together, the most pressing place first.
 * @returns {{site: any, jobs: {thing: Thing, due?: any, order?: any}[]}[]}
 */
export function byPlace() {
  const places = new Map();
  const jobs = [
    ...(work?.due ?? []).map((/** @type {any} */ due) => ({ thing: thing(due.asset_id), due })),
    ...(work?.work ?? []).map((/** @type {any} */ one) => ({ thing: thing(one.asset_id), order: one })),
  ].filter((job) => job.thing);
  for (const job of jobs) {
    const where = job.thing.site_id ?? "";
    if (!places.has(where)) places.set(where, { site: site(where), jobs: [] });
    places.get(where).jobs.push(job);
  }
  const day = (/** @type {any} */ job) => job.due?.due_on ?? job.order?.due_on ?? "9999";
  for (const place of places.values()) place.jobs.sort((/** @type {any} */ a, /** @type {any} */ b) => day(a).localeCompare(day(b)));
  return [...places.values()].sort((a, b) => day(a.jobs[0]).localeCompare(day(b.jobs[0])));
}
