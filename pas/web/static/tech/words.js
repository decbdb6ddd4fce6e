// What people read: the sentences that came with the page, numbers and moments as their language writes them.

const SAID = JSON.parse(document.getElementById("words")?.textContent ?? "{}");
export const LANGUAGE = document.documentElement.lang;

/**
 * Give the sentence of a key, filled in.
 * @param {string} key
 * @param {Record<string, unknown>} [inputs]
 * @returns {string}
 */
export function say(key, inputs = {}) {
  const sentence = SAID[key] ?? key.split(".").pop()?.replaceAll(/[_-]/g, " ") ?? key;
  return sentence.replaceAll(/\{(\w+)\}/g, (/** @type {string} */ _, /** @type {string} */ name) => `${inputs[name] ?? "–"}`);
}

/**
 * Tell why something was refused, in words.
 * @param {string} code
 */
export function problem(code) {
  return SAID[`problem.${code}`] ?? say("tech.problem_unknown", { code });
}

/**
 * Pick the text in the reader's language, or any there is.
 * @param {Record<string, string>} texts
 */
export function pick(texts) {
  return texts[LANGUAGE] ?? texts.en ?? Object.values(texts)[0] ?? "";
}

/** @param {string} day */
export function dayOf(day) {
  return new Date(`${day}T12:00:00Z`).toLocaleDateString(tag(), { day: "numeric", month: "short" });
}

/** @param {number} at */
export function momentOf(at) {
  const today = new Date(at).toDateString() === new Date().toDateString();
  return new Date(at).toLocaleString(tag(), today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" });
}

/**
 * Say how long ago something was.
 * @param {number} milliseconds
 */
export function ageOf(milliseconds) {
  const minutes = Math.max(0, Math.round(milliseconds / 60000));
  if (minutes < 60) return say("tech.minutes", { count: minutes });
  if (minutes < 48 * 60) return say("tech.hours", { count: Math.round(minutes / 60) });
  return say("tech.days", { count: Math.round(minutes / 1440) });
}

/** @param {number} value */
export function numberIn(value) {
  return value.toLocaleString(tag(), { maximumFractionDigits: 2 });
}

function tag() {
  return { nl: "nl-BE", fr: "fr-BE", en: "en-GB" }[LANGUAGE] ?? "en-GB";
}
