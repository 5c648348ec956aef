// Proposes the key of a new process from its business and name, until the analyst types one himself.
export default function naming(form) {
  const business = form.querySelector("[data-naming-business]");
  const fresh = form.querySelector("[data-naming-new]");
  const key = form.querySelector("[data-naming-key]");
  let proposed = key.value ? null : "";
  let wait = 0;
  const reveal = () => { fresh.hidden = business.value !== ""; };
  const propose = async () => {
    if (key.value !== proposed) return; // his own
    const asked = new URLSearchParams([...new FormData(form)].filter(([name]) => ["business", "new_business", "name"].includes(name)));
    const answer = await fetch(`${form.dataset.naming}?${asked}`, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok || key.value !== proposed) return;
    key.value = proposed = (await answer.json()).key;
  };
  form.addEventListener("input", ({ target }) => {
    reveal();
    if (target === key) { if (!key.value) proposed = ""; return; }
    clearTimeout(wait);
    wait = setTimeout(propose, 250);
  });
  reveal();
}
