// The fleet list by keyboard: / finds, j and k walk, x ticks, ? explains. The page is whole without it.

const list = document.querySelector("[data-many]");
const help = document.querySelector("#keys");
const ON = "pas.keys";
const boxes = () => [...(list?.querySelectorAll("tbody input[name=asset_id]") ?? [])];
const links = () => [...(list?.querySelectorAll("tbody th a") ?? [])];

/** Tell how many are ticked, in the reader's language. */
function count() {
  const told = list?.querySelector("[data-count]");
  if (!told) return;
  const ticked = boxes().filter((box) => box.checked).length;
  told.textContent = told.dataset.words.replace("{count}", String(ticked));
  const all = list.querySelector("[data-all]");
  all.checked = ticked > 0 && ticked === boxes().length;
  all.indeterminate = ticked > 0 && !all.checked;
}

/** Walk to the next or the former thing. */
function walk(step) {
  const all = links();
  const row = document.activeElement?.closest("tbody tr");
  const here = row ? all.findIndex((link) => row.contains(link)) : -1;
  const there = here < 0 ? 0 : Math.min(Math.max(here + step, 0), all.length - 1);
  all[there]?.focus();
  all[there]?.scrollIntoView({ block: "nearest" });
}

function tick() {
  const box = document.activeElement?.closest("tbody tr")?.querySelector("input[name=asset_id]");
  if (box) box.click();
}

const KEYS = {
  "/": () => document.querySelector("#q").focus(),
  j: () => walk(1),
  k: () => walk(-1),
  x: tick,
  "?": () => help.showModal(),
};

function pressed(event) {
  const writes = event.target.closest?.("input:not([type=checkbox]), select, textarea, dialog");
  const off = localStorage.getItem(ON) === "off" && event.key !== "?";
  if (writes || off || event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
}

if (list?.querySelector("td.pick")) {
  const all = document.createElement("input");
  all.type = "checkbox";
  all.dataset.all = "";
  all.setAttribute("aria-label", help.dataset.selectAll);
  all.addEventListener("change", () => {
    for (const box of boxes()) box.checked = all.checked;
    count();
  });
  list.querySelector("thead td.pick").append(all);
  let last;
  list.addEventListener("click", (event) => {
    const box = event.target.closest("input[name=asset_id]");
    if (!box) return;
    const there = boxes();
    if (event.shiftKey && last) {
      const [from, to] = [there.indexOf(last), there.indexOf(box)].sort((a, b) => a - b);
      for (const one of there.slice(from, to + 1)) one.checked = box.checked;
    }
    last = box;
  });
  list.addEventListener("change", count);
  addEventListener("pageshow", count);
}
const toggle = document.querySelector("#keys-on");
toggle.checked = localStorage.getItem(ON) !== "off";
toggle.addEventListener("change", () => localStorage.setItem(ON, toggle.checked ? "on" : "off"));
document.addEventListener("keydown", pressed);
