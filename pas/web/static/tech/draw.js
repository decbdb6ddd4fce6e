// Build what is seen: elements with their text as text, never as markup.

/**
 * @param {string} name
 * @param {Record<string, any>} [set] attributes; `on` holds listeners, `text` the text, true and false switch
 * @param {...(Node | string | null | undefined | false)} inside
 * @returns {HTMLElement}
 */
export function h(name, set = {}, ...inside) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(set)) {
    if (key === "on") for (const [kind, act] of Object.entries(value)) made.addEventListener(kind, act);
    else if (key === "text") made.textContent = value;
    else if (key === "value") /** @type {HTMLInputElement} */ (made).value = value;
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, `${value}`);
  }
  made.append(...inside.filter((one) => one !== null && one !== undefined && one !== false));
  return made;
}

/**
 * Draw the sign of a grade: its letter in a shape of its own.
 * @param {string} letter
 * @param {string} label
 */
export function grade(letter, label) {
  const svg = (/** @type {string} */ name) => document.createElementNS("http://www.w3.org/2000/svg", name);
  const [made, use, text] = [svg("svg"), svg("use"), svg("text")];
  made.setAttribute("viewBox", "0 0 24 24");
  made.setAttribute("class", `grade g-${letter}`);
  if (label) {
    made.setAttribute("role", "img");
    made.setAttribute("aria-label", label);
  } else {
    made.setAttribute("aria-hidden", "true");
  }
  use.setAttribute("href", `#grade-${letter}`);
  text.setAttribute("x", "12");
  text.setAttribute("y", letter === "E" ? "13" : "16.5");
  text.textContent = letter;
  made.append(use, text);
  return made;
}

/**
 * Show a screen in the place of the one before, and tell it to those who do not see.
 * @param {string} title
 * @param {...(Node | string | null | undefined | false)} inside
 */
export function show(title, ...inside) {
  const main = /** @type {HTMLElement} */ (document.getElementById("main"));
  const heading = h("h1", { tabindex: "-1", text: title });
  main.replaceChildren(heading, ...inside.filter((one) => one !== null && one !== undefined && one !== false));
  document.title = `${title} · pas`;
  return heading;
}

/**
 * Say something at the foot of the screen.
 * @param {string} sentence
 * @param {boolean} [wrong]
 */
export function tell(sentence, wrong = false) {
  const place = /** @type {HTMLElement} */ (document.getElementById("said"));
  place.replaceChildren(h("p", { class: wrong ? "refused" : "done", text: sentence }));
}

/** Take back what was said. */
export function hush() {
  document.getElementById("said")?.replaceChildren();
}
