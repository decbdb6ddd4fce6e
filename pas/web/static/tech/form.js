// The checklist in one hand: five grades in a row, values with their unit, photos; kept as it is filled in.

import { grade, h, hush, show, tell } from "./draw.js";
import { addPhoto, keepDraft, ready } from "./notes.js";
import { numberOf } from "./queue.js";
import { changed } from "./send.js";
import { dropNote, dropPhoto, getNote, photosOf } from "./store.js";
import { tellTrouble, unitOf } from "./thing.js";
import { numberIn, pick, say } from "./words.js";
import { product, thing } from "./work.js";

const GRADES = ["A", "B", "C", "D", "E"];
const OVERALL = "overall";

/** The questions for what has no checklist here: how it fares as a whole. */
const GENERAL = [{ name: OVERALL, component: OVERALL, kind: "graded", required: true, grades: {}, question: null }];

/**
 * Show a draft of an inspection.
 * @param {string} id
 */
export async function drawForm(id) {
  const note = /** @type {any} */ (await getNote(id));
  if (!note || note.state !== "draft") return void (location.hash = "#/queue");
  const about = thing(note.asset);
  const model = product(about?.product_id);
  const items = model && model.checklist_version === note.checklist && model.items.length ? model.items : GENERAL;
  const save = saver(note);
  const words = h("textarea", { id: "note", rows: "3", maxlength: "4000", value: note.draft.note, on: { input: (/** @type {any} */ event) => save(() => (note.draft.note = event.target.value)) } });
  const fields = [];
  for (const item of items) fields.push(await drawItem(note, item, save));
  return show(
    `${say("tech.inspect")} · ${note.title}`,
    h("p", { class: "muted", text: [model?.name, about?.place].filter(Boolean).join(" · ") }),
    h(
      "form",
      { novalidate: true, on: { submit: (/** @type {Event} */ event) => finish(event, note, items, model) } },
      ...fields,
      model?.meter && drawMeter(note, model.meter, about, save),
      h("section", { class: "card" }, h("label", { for: "note", text: say("tech.note") }), words, ...(await drawPhotos(note, OVERALL, "tech.photo_all"))),
      h("button", { class: "main", text: say("tech.ready") }),
      h("p", { class: "row" }, h("a", { href: note.asset ? `#/thing/${note.asset}` : "#/", text: say("tech.later") }), h("button", { type: "button", class: "quiet", text: say("tech.discard"), on: { click: () => discard(note) } })),
    ),
  );
}

/** @param {any} note */
async function discard(note) {
  if (!confirm(say("tech.discard_sure"))) return;
  await dropNote(note.id);
  changed();
  location.hash = "#/";
}

/**
 * Keep each change before anything else is done; what cannot be kept is said at once.
 * @param {any} note
 */
function saver(note) {
  let last = Promise.resolve();
  return (/** @type {() => void} */ change) => {
    change();
    last = last.then(() => keepDraft(note)).then(hush, tellTrouble);
    return last;
  };
}

/**
 * @param {any} note
 * @param {any} item
 * @param {(change: () => void) => Promise<void>} save
 */
async function drawItem(note, item, save) {
  const asked = item.question ? pick(item.question) : say("tech.how_it_fares");
  const title = `${asked}${item.required ? " *" : ""}`;
  const photos = item.component === OVERALL && item.kind !== "photo" ? [] : await drawPhotos(note, item.component, "tech.photo");
  if (item.kind === "photo") return h("section", { class: "card" }, h("h2", { text: title }), ...photos);
  if (item.kind === "measured") {
    const now = note.draft.measured[item.name] ?? "";
    const set = (/** @type {any} */ event) => save(() => (note.draft.measured[item.name] = event.target.value));
    const label = h("label", { for: `q-${item.name}`, text: `${title} (${unitOf(item.unit)})` });
    return h("section", { class: "card" }, label, h("input", { id: `q-${item.name}`, inputmode: "decimal", autocomplete: "off", value: now, on: { input: set } }), ...photos);
  }
  if (item.kind === "text") {
    const set = (/** @type {any} */ event) => save(() => (note.draft.answers[item.name] = event.target.value));
    const box = h("textarea", { id: `q-${item.name}`, rows: "2", value: note.draft.answers[item.name] ?? "", on: { input: set } });
    return h("section", { class: "card" }, h("label", { for: `q-${item.name}`, text: title }), box, ...photos);
  }
  const graded = item.kind === "graded";
  const choices = graded ? GRADES : ["yes", "no"];
  const into = graded ? note.draft.grades : note.draft.answers;
  const key = graded ? item.component : item.name;
  const meaning = h("p", { class: "muted meaning", "aria-live": "polite" });
  const choose = (/** @type {string} */ choice) => {
    meaning.textContent = graded ? pick(item.grades?.[choice] ?? {}) : "";
  };
  if (into[key] && graded) choose(into[key]);
  const buttons = choices.map((choice) => {
    const value = graded ? choice : choice === "yes";
    const radio = h("input", { type: "radio", name: `q-${item.name}`, value: choice, checked: into[key] === value, "aria-label": graded ? say(`grade.${choice}`) : say(`tech.${choice}`) });
    radio.addEventListener("change", () => save(() => (into[key] = value)).then(() => choose(choice)));
    return h("label", { class: "choice" }, radio, graded ? grade(choice, "") : h("span", { text: say(`tech.${choice}`) }));
  });
  return h("fieldset", { class: "card" }, h("legend", { text: title }), h("div", { class: graded ? "grades" : "answers" }, ...buttons), meaning, ...photos);
}

/**
 * @param {any} note
 * @param {any} meter
 * @param {any} about
 * @param {(change: () => void) => Promise<void>} save
 */
function drawMeter(note, meter, about, save) {
  const last = about?.reading === null || about?.reading === undefined ? "" : say("tech.last_reading", { value: `${numberIn(about.reading)} ${unitOf(meter.unit)}` });
  const set = (/** @type {any} */ event) => save(() => (note.draft.reading = event.target.value));
  return h(
    "section",
    { class: "card" },
    h("label", { for: "reading", text: `${say(`metric.${meter.metric}`)} (${unitOf(meter.unit)})` }),
    h("input", { id: "reading", inputmode: "decimal", autocomplete: "off", value: note.draft.reading, on: { input: set } }),
    last && h("p", { class: "muted", text: last }),
  );
}

/**
 * @param {any} note
 * @param {string} component
 * @param {string} label
 */
async function drawPhotos(note, component, label) {
  const strip = h("div", { class: "strip" });
  const fill = async () => {
    const found = (await photosOf(note.id)).filter((photo) => photo.component === component);
    strip.replaceChildren(...found.map((photo) => drawPhoto(photo, fill)));
  };
  const take = async (/** @type {any} */ event) => {
    try {
      for (const file of event.target.files) await addPhoto(note, file, component);
      hush();
    } catch (error) {
      tellTrouble(error);
    }
    event.target.value = "";
    await fill();
  };
  await fill();
  const input = h("input", { type: "file", accept: "image/*", capture: "environment", class: "unseen", on: { change: take } });
  return [strip, h("label", { class: "button camera" }, say(label), input)];
}

/**
 * @param {any} photo
 * @param {() => Promise<void>} fill
 */
function drawPhoto(photo, fill) {
  const address = URL.createObjectURL(photo.blob);
  const image = h("img", { src: address, alt: say("tech.photo_of", { size: Math.round(photo.blob.size / 1000) }), width: "72", height: "72" });
  image.addEventListener("load", () => URL.revokeObjectURL(address));
  const drop = async () => {
    await dropPhoto(photo.id);
    await fill();
  };
  return h("figure", {}, image, h("button", { type: "button", class: "quiet", "aria-label": say("tech.photo_away"), text: "×", on: { click: drop } }));
}

/**
 * Hold what was filled in against the checklist, freeze it and let it go.
 * @param {Event} event
 * @param {any} note
 * @param {any[]} items
 * @param {any} model
 */
async function finish(event, note, items, model) {
  event.preventDefault();
  const wrong = faults(note.draft, items);
  if (wrong) return tell(wrong, true);
  const seen = seenOf(note.draft, items, model, note.checklist);
  if (!(Object.keys(seen.grades).length || seen.measured.length || Object.keys(seen.answers).length || Object.keys(seen.readings).length)) {
    return tell(say("tech.nothing_seen"), true);
  }
  try {
    await ready(note, { seen, note: note.draft.note });
  } catch (error) {
    return tellTrouble(error);
  }
  location.hash = "#/queue";
}

/**
 * Say what is wrong or missing, null where all is well.
 * @param {any} draft
 * @param {any[]} items
 */
function faults(draft, items) {
  for (const item of items) {
    const name = item.question ? pick(item.question) : say("tech.how_it_fares");
    const typed = (draft.measured[item.name] ?? "").trim();
    const value = item.kind === "measured" && typed ? numberOf(typed) : undefined;
    if (value === null) return say("tech.no_number", { text: typed });
    const low = typeof value === "number" && typeof item.minimum === "number" && value < item.minimum;
    const high = typeof value === "number" && typeof item.maximum === "number" && value > item.maximum;
    if (low || high) return say("tech.out_of_range", { name, low: item.minimum ?? "–", high: item.maximum ?? "–" });
    const open = {
      graded: !draft.grades[item.component],
      measured: !typed,
      yes_no: draft.answers[item.name] === undefined,
      text: !(draft.answers[item.name] ?? "").trim(),
    };
    if (item.required && open[/** @type {keyof typeof open} */ (item.kind)]) return say("tech.wanted", { name });
  }
  return draft.reading.trim() && numberOf(draft.reading) === null ? say("tech.no_number", { text: draft.reading }) : null;
}

/**
 * Make of a draft what is sent.
 * @param {any} draft
 * @param {any[]} items
 * @param {any} model
 * @param {number | null} version
 */
function seenOf(draft, items, model, version) {
  const measured = items
    .filter((item) => item.kind === "measured" && (draft.measured[item.name] ?? "").trim())
    .map((item) => ({ component: item.component, metric: item.metric, value: numberOf(draft.measured[item.name]), unit: item.unit }));
  const answers = Object.fromEntries(Object.entries(draft.answers).filter(([, answer]) => answer !== ""));
  const readings = draft.reading.trim() && model?.meter ? { [model.meter.metric]: numberOf(draft.reading) } : {};
  return { grades: draft.grades, measured, answers, readings, checklist_version: items === GENERAL ? null : version };
}
