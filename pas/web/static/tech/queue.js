// The rules of the queue, without a device: what an answer means, what is sent next, how old the oldest is.

/**
 * @typedef {"draft" | "ready" | "sent" | "refused"} State
 * @typedef {{id: string, state: State, kind: string, title: string, body: object, changedAt: number, readyAt?: number,
 *   sentAt?: number, answer?: {outcome: string, flags: string[]}, problem?: {code: string, status: number}}} Note
 * @typedef {"sent" | "again" | "later" | "login" | "refused"} Verdict
 */

/** What is kept of a note that was sent, so that one sees that it arrived. */
export const KEPT_AFTER_SENDING = 3 * 24 * 3600 * 1000;

/**
 * Say what an answer means for a note: tried again (`later`: all others wait too; `login`: first log in), or refused.
 * A status of 0 means that no answer came.
 * @param {number} status
 * @returns {Verdict}
 */
export function verdict(status) {
  if (status >= 200 && status < 300) return "sent";
  if (status === 401) return "login";
  if (status === 0 || status === 429) return "later";
  if (status >= 500) return "again";
  return "refused";
}

/**
 * Give what waits to be sent, the oldest first: a move must not overtake the inspection before it.
 * @param {Note[]} notes
 * @returns {Note[]}
 */
export function waiting(notes) {
  return notes.filter((note) => note.state === "ready").sort((a, b) => (a.readyAt ?? 0) - (b.readyAt ?? 0));
}

/**
 * Give since when the oldest note waits that is not with us yet, drafts and refused ones too; null where none does.
 * @param {Note[]} notes
 * @returns {number | null}
 */
export function oldest(notes) {
  const unsent = notes.filter((note) => note.state !== "sent").map((note) => note.changedAt);
  return unsent.length ? Math.min(...unsent) : null;
}

/**
 * Count the notes by state.
 * @param {Note[]} notes
 * @returns {Record<State, number>}
 */
export function counts(notes) {
  const found = { draft: 0, ready: 0, sent: 0, refused: 0 };
  for (const note of notes) found[note.state] += 1;
  return found;
}

/**
 * Give the note after an answer to it.
 * @param {Note} note
 * @param {{status: number, code?: string, answer?: {outcome: string, flags: string[]}}} heard of the note, or of the
 *   photo that stopped; `answer` is what became of the note itself, where it has arrived
 * @param {number} now
 * @returns {Note}
 */
export function after(note, heard, now) {
  const means = verdict(heard.status);
  if (means === "sent") return { ...note, state: "sent", sentAt: now, answer: heard.answer, problem: undefined };
  const problem = heard.status ? { code: heard.code ?? "unexpected", status: heard.status } : undefined;
  const answer = heard.answer ?? note.answer;
  return means === "refused" ? { ...note, state: "refused", problem, answer } : { ...note, problem, answer };
}

/**
 * Give the notes that were sent so long ago that nobody looks for them any more.
 * @param {Note[]} notes
 * @param {number} now
 */
export function forgotten(notes, now) {
  return notes.filter((note) => note.state === "sent" && now - (note.sentAt ?? now) > KEPT_AFTER_SENDING);
}

/**
 * Make an id that sorts by time and is made here, where there may be no network (UUIDv7).
 * @param {number} now
 * @returns {string}
 */
export function newId(now) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let place = 0; place < 6; place += 1) bytes[place] = Math.floor(now / 2 ** (8 * (5 - place))) % 256;
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/**
 * Read a number as people type it; null where it is none. A comma is a decimal sign.
 * @param {string} text
 * @returns {number | null}
 */
export function numberOf(text) {
  const plain = text.trim().replace(",", ".");
  return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(plain) ? Number(plain) : null;
}
