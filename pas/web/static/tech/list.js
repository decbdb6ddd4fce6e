// The first screen: look a thing up, and today's work by place.

import { h, show } from "./draw.js";
import { ageOf, dayOf, say } from "./words.js";
import { byPlace, lookUp, product, taken } from "./work.js";

/** Show the day's work. */
export function drawList() {
  const work = taken();
  const places = byPlace();
  const box = h("input", { id: "tag", name: "tag", autocomplete: "off", autocapitalize: "characters", enterkeyhint: "search", required: true });
  const look = h(
    "form",
    {
      class: "look",
      role: "search",
      on: {
        submit: (/** @type {Event} */ event) => {
          event.preventDefault();
          goTo(/** @type {HTMLInputElement} */ (box).value);
        },
      },
    },
    h("label", { for: "tag", text: say("tech.look") }),
    h("div", { class: "row" }, box, h("button", { text: say("tech.find") }), h("a", { class: "button", href: "/tech/scan", text: say("tech.scan") })),
  );
  const age = work && h("p", { class: "muted", text: say("tech.as_of", { age: ageOf(Date.now() - work.takenAt) }) });
  const empty = h("p", { class: "empty", text: say(work ? "tech.nothing_due" : "tech.nothing_taken") });
  show(say("tech.today"), look, age, ...(places.length ? places.map(drawPlace) : [empty]));
}

/**
 * Go to what a tag means; what we do not know is noted all the same.
 * @param {string} tag
 */
export function goTo(tag) {
  if (!tag.trim()) return;
  const found = lookUp(tag);
  location.hash = found ? `#/thing/${found.id}` : `#/tag/${encodeURIComponent(tag.trim())}`;
}

/** @param {{site: any, jobs: any[]}} place */
function drawPlace(place) {
  const name = place.site?.name ?? say("tech.no_place");
  const where = [place.site?.street, place.site?.postal_code, place.site?.city].filter(Boolean).join(" ");
  return h(
    "section",
    { class: "card place" },
    h("h2", {}, name, h("span", { class: "count", text: `${place.jobs.length}` })),
    where && h("p", { class: "muted", text: where }),
    h("ul", {}, ...place.jobs.map(drawJob)),
  );
}

/** @param {any} job */
function drawJob(job) {
  const late = job.due?.standing === "overdue" || job.order?.priority === "urgent";
  const day = job.due?.due_on ?? job.order?.due_on;
  const what = job.order ? say(`work.${job.order.kind}`) : say("work.inspect");
  const parts = [what, job.order && job.order.component !== "overall" && job.order.component, day && dayOf(day)];
  const words = [product(job.thing.product_id)?.name, job.thing.place, job.order?.assignee].filter(Boolean).join(" · ");
  return h(
    "li",
    {},
    h(
      "a",
      { class: "job", href: `#/thing/${job.thing.id}` },
      h("b", { text: job.thing.serial }),
      h("span", { class: late ? "late" : "when", text: `${late ? "! " : ""}${parts.filter(Boolean).join(" · ")}` }),
      h("span", { class: "muted", text: words }),
    ),
  );
}
