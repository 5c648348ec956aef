// A list by keyboard (j, k, x, Enter), ticked rows with their bar, and columns the user hides.
export default function list(root) {
  let at = -1;
  const rows = () => [...root.querySelectorAll("tbody tr")];
  const mark = (index) => {
    const all = rows();
    if (!all.length) return;
    at = Math.max(0, Math.min(index, all.length - 1));
    all.forEach((row, i) => row.classList.toggle("at", i === at));
    all[at].scrollIntoView({ block: "nearest" });
    all[at].querySelector("a")?.focus({ preventScroll: true });
  };
  document.addEventListener("keydown", (event) => {
    if (event.target.matches("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "j") mark(at + 1);
    else if (event.key === "k") mark(at < 0 ? 0 : at - 1);
    else if (event.key === "x" && at >= 0) rows()[at].querySelector("input[type=checkbox]")?.click();
    else if (event.key === "Enter" && at >= 0 && !event.target.matches("a, button, summary")) rows()[at].querySelector("a")?.click();
  });
  for (const select of root.querySelectorAll("select[data-apply]")) select.addEventListener("change", () => select.form.requestSubmit());
  countFilters(root.querySelector("[data-counts]"));
  const boxes = () => [...root.querySelectorAll("tbody input[type=checkbox]")];
  const count = () => {
    const ticked = boxes().filter((one) => one.checked).length;
    const bar = root.querySelector("[data-bulk]");
    if (!bar) return;
    bar.hidden = !ticked;
    bar.querySelector("[data-ticked]").textContent = ticked;
  };
  root.addEventListener("change", ({ target }) => {
    if (target.matches("[data-all]")) boxes().forEach((one) => (one.checked = target.checked));
    count();
  });
  count(); // ticked before this module was there
  // a list that is drawn anew keeps its ticks
  let kept = [];
  root.addEventListener("htmx:before:swap", () => (kept = boxes().filter((one) => one.checked).map((one) => one.value)));
  root.addEventListener("htmx:after:swap", () => {
    boxes().forEach((one) => (one.checked = kept.includes(one.value)));
    count();
  });
}

// How many lines each kept filter finds, asked once the list itself is there.
async function countFilters(bar) {
  if (!bar) return;
  const answer = await fetch(bar.dataset.counts, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) return;
  const { counts } = await answer.json();
  for (const place of bar.querySelectorAll("[data-count-of]")) {
    place.textContent = counts[place.dataset.countOf] ?? "";
    place.hidden = !place.textContent;
  }
}
