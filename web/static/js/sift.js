// Narrows a list of choices to those that have the words typed in their names; groups open with a hit.
export default function sift(box) {
  const place = box.closest("fieldset");
  const groups = [...place.querySelectorAll("[data-sifted-group]")].map((one) => [one, one.open]);
  const none = place.querySelector("[data-sifted-none]");
  box.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
  box.addEventListener("input", () => {
    const words = box.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const items = [...place.querySelectorAll("[data-sifted]")];
    for (const one of items) {
      one.hidden = !words.every((word) => one.dataset.sifted.toLowerCase().includes(word));
    }
    for (const [group, open] of groups) {
      const hits = [...group.querySelectorAll("[data-sifted]")].some((one) => !one.hidden);
      group.hidden = !hits;
      group.open = words.length ? hits : open;
    }
    if (none) none.hidden = items.some((one) => !one.hidden);
  });
}
