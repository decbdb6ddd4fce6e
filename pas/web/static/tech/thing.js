// One thing: what is to be done to it, and what may be noted of it.

import { h, hush, show, tell } from "./draw.js";
import { beginInspection, command, workDone } from "./notes.js";
import { numberOf } from "./queue.js";
import { isFull } from "./store.js";
import { dayOf, numberIn, say } from "./words.js";
import { order, ordersOf, product, site, taken, thing } from "./work.js";

/** @param {unknown} error */
export function tellTrouble(error) {
  tell(say(isFull(error) ? "tech.full" : "tech.not_kept"), true);
}

/**
 * Show a thing.
 * @param {string} id
 */
export function drawThing(id) {
  const found = thing(id);
  if (!found) return drawUnknown("");
  const model = product(found.product_id);
  const about = [model?.name, say(`status.${found.status}`), site(found.site_id)?.name, found.place].filter(Boolean);
  const steps = (taken()?.steps[found.status] ?? []).filter((/** @type {string} */ one) => one !== found.status);
  const inspect = h("button", { class: "main", text: say("tech.inspect"), on: { click: () => inspectIt(found) } });
  return show(
    found.serial,
    h("p", { class: "muted", text: about.join(" · ") }),
    found.grade && h("p", { text: say(`grade.${found.grade}`) }),
    found.reading !== null && model?.meter && h("p", { text: say("tech.last_reading", { value: `${numberIn(found.reading)} ${unitOf(model.meter.unit)}` }) }),
    inspect,
    ...ordersOf(id).map(drawOrder),
    h(
      "section",
      { class: "card" },
      h("h2", { text: say("tech.commands") }),
      h("p", { class: "muted", text: say("tech.commands_note") }),
      h("p", { class: "row" }, h("a", { class: "button", href: `#/move/${id}`, text: say("tech.move") }), ...steps.map((/** @type {string} */ one) => h("a", { class: "button", href: `#/step/${id}/${one}`, text: say(`tech.step_${one}`) }))),
    ),
  );
}

/** @param {string} unit */
export function unitOf(unit) {
  const known = say(`unit.${unit}`);
  return unit === "count" ? "" : known;
}

/** @param {any} one */
function drawOrder(one) {
  const words = [one.component !== "overall" && one.component, say(`work_priority.${one.priority}`), one.due_on && dayOf(one.due_on), one.assignee];
  return h(
    "section",
    { class: "card" },
    h("h2", { text: say(`work.${one.kind}`) }),
    h("p", { class: "muted", text: words.filter(Boolean).join(" · ") }),
    one.note && h("p", { text: one.note }),
    h("a", { class: "button main", href: `#/done/${one.id}`, text: say("tech.done") }),
  );
}

/** @param {import("./work.js").Thing} found */
async function inspectIt(found) {
  try {
    const note = await beginInspection({ asset: found.id, tag: found.public_id, title: found.serial });
    location.hash = `#/note/${note.id}`;
  } catch (error) {
    tellTrouble(error);
  }
}

/**
 * Say that a tag is not known here, and let it be noted all the same.
 * @param {string} tag
 */
export function drawUnknown(tag) {
  const note = async () => {
    try {
      const made = await beginInspection({ tag, title: tag });
      location.hash = `#/note/${made.id}`;
    } catch (error) {
      tellTrouble(error);
    }
  };
  return show(
    say("tech.unknown"),
    tag && h("p", { class: "code", text: tag }),
    h("p", { text: say("tech.unknown_note") }),
    tag && h("button", { class: "main", text: say("tech.note_anyway"), on: { click: note } }),
    h("p", {}, h("a", { href: "#/", text: say("tech.back") })),
  );
}

/**
 * Ask what was done of an order.
 * @param {string} id
 */
export function drawDone(id) {
  const one = order(id);
  const about = thing(one?.asset_id);
  if (!one || !about) return drawUnknown("");
  const minutes = h("input", { id: "minutes", inputmode: "decimal", autocomplete: "off" });
  const words = h("textarea", { id: "remark", rows: "3", maxlength: "4000" });
  const nothing = h("input", { id: "nothing", type: "checkbox" });
  const done = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const typed = /** @type {HTMLInputElement} */ (minutes).value;
    if (typed && numberOf(typed) === null) return tell(say("tech.no_number", { text: typed }), true);
    const finding = /** @type {HTMLInputElement} */ (nothing).checked ? "nothing_found" : null;
    try {
      await workDone(one, about, { minutes: typed ? numberOf(typed) : null, finding }, /** @type {HTMLTextAreaElement} */ (words).value);
    } catch (error) {
      return tellTrouble(error);
    }
    location.hash = "#/queue";
  };
  return show(
    `${say(`work.${one.kind}`)} · ${about.serial}`,
    one.note && h("p", { text: one.note }),
    h(
      "form",
      { class: "card", on: { submit: done } },
      h("label", { for: "remark", text: say("tech.what_was_done") }),
      words,
      h("label", { for: "minutes", text: say("tech.minutes_spent") }),
      minutes,
      h("label", { class: "check" }, nothing, say("tech.nothing_found")),
      h("button", { class: "main", text: say("tech.done") }),
    ),
    h("p", {}, h("a", { href: `#/thing/${about.id}`, text: say("tech.back") })),
  );
}

/**
 * Ask where a thing went.
 * @param {string} id
 */
export function drawMove(id) {
  const about = thing(id);
  if (!about) return drawUnknown("");
  const sites = (taken()?.sites ?? []).map((/** @type {any} */ one) => h("option", { value: one.id, selected: one.id === about.site_id, text: one.name }));
  const where = h("select", { id: "where" }, ...sites);
  const place = h("input", { id: "place", maxlength: "120", autocomplete: "off", value: about.place });
  return drawCommand(about, say("tech.move"), [h("label", { for: "where", text: say("tech.where") }), where, h("label", { for: "place", text: say("tech.place") }), place], () => {
    const [site_id, text] = [/** @type {HTMLSelectElement} */ (where).value, /** @type {HTMLInputElement} */ (place).value.trim()];
    return ["move", { ...(site_id && { site_id }), place: text }];
  });
}

/**
 * Ask whether a thing is in another status from now on.
 * @param {string} id
 * @param {string} status
 */
export function drawStep(id, status) {
  const about = thing(id);
  if (!about) return drawUnknown("");
  const warning = status === "retired" ? [h("p", { class: "refused", text: say("tech.retire_note") })] : [];
  return drawCommand(about, say(`tech.step_${status}`), warning, () => ["status", { status }]);
}

/**
 * @param {import("./work.js").Thing} about
 * @param {string} title
 * @param {Node[]} fields
 * @param {() => ["move" | "status", Record<string, any>]} wanted
 */
function drawCommand(about, title, fields, wanted) {
  const words = h("textarea", { id: "remark", rows: "2", maxlength: "2000" });
  const give = async (/** @type {Event} */ event) => {
    event.preventDefault();
    hush();
    try {
      await command(...wanted_of(wanted, about, /** @type {HTMLTextAreaElement} */ (words).value));
    } catch (error) {
      return tellTrouble(error);
    }
    location.hash = "#/queue";
  };
  const stands = say("tech.stands", { status: say(`status.${about.status}`), where: [site(about.site_id)?.name, about.place].filter(Boolean).join(", ") || "–" });
  return show(
    `${title} · ${about.serial}`,
    h("p", { class: "muted", text: stands }),
    h("form", { class: "card", on: { submit: give } }, ...fields, h("label", { for: "remark", text: say("tech.note") }), words, h("button", { class: "main", text: title })),
    h("p", {}, h("a", { href: `#/thing/${about.id}`, text: say("tech.back") })),
  );
}

/**
 * @param {() => ["move" | "status", Record<string, any>]} wanted
 * @param {import("./work.js").Thing} about
 * @param {string} words
 * @returns {["move" | "status", import("./work.js").Thing, Record<string, any>, string]}
 */
function wanted_of(wanted, about, words) {
  const [kind, what] = wanted();
  return [kind, about, what, words];
}
