// The queue as people see it: what is a draft, what waits, what has arrived and what was refused and why.

import { h, show, tell } from "./draw.js";
import { copyOf, reopen, withoutPhotos } from "./notes.js";
import { counts, oldest } from "./queue.js";
import { changed, mood, send } from "./send.js";
import { allNotes, dropNote } from "./store.js";
import { ageOf, momentOf, problem, say } from "./words.js";

const ORDER = ["refused", "draft", "ready", "sent"];

/** Show the queue. */
export async function drawQueue() {
  const notes = /** @type {any[]} */ (await allNotes());
  const since = oldest(notes);
  const persisted = (await navigator.storage?.persisted?.()) ?? false;
  const sections = ORDER.map((state) => drawState(state, notes.filter((note) => note.state === state)));
  show(
    say("tech.queue"),
    since === null ? h("p", { class: "empty", text: say("tech.all_sent") }) : h("p", { text: say("tech.oldest", { age: ageOf(Date.now() - since) }) }),
    since !== null && !persisted && h("p", { class: "refused", text: say("tech.not_persisted") }),
    h(
      "p",
      { class: "row" },
      h("button", { text: say("tech.send_now"), on: { click: () => send(true) } }),
      since !== null && h("button", { class: "quiet", text: say("tech.copy"), on: { click: () => saveCopy(notes) } }),
    ),
    ...sections,
  );
}

/**
 * @param {string} state
 * @param {any[]} notes
 */
function drawState(state, notes) {
  if (!notes.length) return null;
  const newest = notes.sort((a, b) => b.changedAt - a.changedAt);
  return h("section", { class: `card queue q-${state}` }, h("h2", {}, say(`tech.state_${state}`), h("span", { class: "count", text: `${notes.length}` })), h("ul", {}, ...newest.map(drawNote)));
}

/** @param {any} note */
function drawNote(note) {
  const outcome = note.answer && say(`tech.outcome_${note.answer.outcome}`);
  const flags = (note.answer?.flags ?? []).map((/** @type {string} */ flag) => say(`tech.flag_${flag.replaceAll("-", "_")}`));
  return h(
    "li",
    { "data-note": note.id },
    h("div", { class: "line" }, h("b", { text: note.title }), h("span", { text: say(`tech.kind_${note.kind}`) }), h("span", { class: "when muted", text: momentOf(note.sentAt ?? note.readyAt ?? note.changedAt) })),
    note.state === "sent" && h("p", { class: "muted", text: [outcome, ...flags].join(" ") }),
    note.state === "refused" && h("p", { class: "refused", text: problem(note.problem?.code ?? "unexpected") }),
    note.state === "ready" && note.problem && h("p", { class: "muted", text: problem(note.problem.code) }),
    drawDeeds(note),
  );
}

/** @param {any} note */
function drawDeeds(note) {
  if (note.state === "draft") return h("p", {}, h("a", { href: `#/note/${note.id}`, text: say("tech.go_on") }));
  if (note.state !== "refused") return null;
  const act = (/** @type {() => Promise<void>} */ deed) => ({ click: () => deed().then(drawQueue) });
  const away = async () => {
    if (!confirm(say("tech.discard_sure"))) return;
    await dropNote(note.id);
    changed();
  };
  const again = async () => {
    await reopen(note.id);
    if (note.kind === "inspection" && !note.answer) location.hash = `#/note/${note.id}`;
    else await send(true);
  };
  return h(
    "p",
    { class: "row" },
    note.answer ? h("button", { text: say("tech.without_photos"), on: act(() => withoutPhotos(note.id)) }) : h("button", { text: say(note.kind === "inspection" ? "tech.mend" : "tech.again"), on: act(again) }),
    h("button", { class: "quiet", text: say("tech.discard"), on: act(away) }),
  );
}

/** @param {any[]} notes */
async function saveCopy(notes) {
  const blob = await copyOf(notes.filter((note) => note.state !== "sent"));
  const link = h("a", { href: URL.createObjectURL(blob), download: `pas-${new Date().toISOString().slice(0, 16).replaceAll(":", "")}.json` });
  link.click();
  tell(say("tech.copied"));
}

/** Draw the sign in the head: how many wait, and whether they can go. */
export async function drawSign() {
  const notes = /** @type {any[]} */ (await allNotes());
  const found = counts(notes);
  const sign = /** @type {HTMLElement} */ (document.getElementById("sign"));
  const open = found.draft + found.ready + found.refused;
  sign.textContent = open ? say("tech.sign_waiting", { count: open }) : say("tech.sign_clear");
  sign.classList.toggle("refused", found.refused > 0);
  const bar = /** @type {HTMLElement} */ (document.getElementById("mood"));
  const login = mood.login && h("a", { href: "/login?next=/tech", text: say("tech.log_in") });
  bar.replaceChildren(...[mood.login ? login : !mood.reached && h("span", { text: say("tech.no_network") })].filter((one) => one !== false));
  const since = oldest(notes);
  if (since !== null && Date.now() - since > 24 * 3600 * 1000) bar.append(h("span", { class: "late", text: say("tech.oldest", { age: ageOf(Date.now() - since) }) }));
}
