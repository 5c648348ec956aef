// Asks the server about a task: why it is here, what an order would do. A dialog asks when it opens,
// a part of a dialog when its button is pressed, and forgets the answer when its form changes.
import { token } from "./core.js";
import { t } from "./words.js";

export default function foresee(dialog) {
  const place = dialog.querySelector("[data-told]");
  const send = dialog.querySelector("[data-submit]");
  const ask = async () => {
    place.setAttribute("aria-busy", "true");
    place.textContent = t("正在推算…");
    if (send) send.disabled = true;
    const form = document.getElementById(dialog.dataset.answers);
    const body = form ? new FormData(form) : undefined;
    const answer = await fetch(dialog.dataset.foresee, {
      method: form ? "POST" : "GET", body, headers: { "X-CSRFToken": token(), "Dry-Run": "true" },
    }).catch(() => null);
    place.removeAttribute("aria-busy");
    if (!answer?.ok) {
      place.textContent = t("暂时推算不了，不影响办理。");
      if (send) send.disabled = false;
      return;
    }
    place.innerHTML = await answer.text();
    if (send) send.disabled = Boolean(place.querySelector(".note.red"));
    (send && !send.disabled ? send : dialog.querySelector("[data-close]"))?.focus();
  };
  const press = dialog.querySelector("[data-ask]");
  if (press) {
    press.addEventListener("click", ask);
    document.getElementById(dialog.dataset.answers)?.addEventListener("change", () => place.replaceChildren());
    return;
  }
  if (dialog.open) ask(); // opened before this module was there
  new MutationObserver(() => { if (dialog.open) ask(); }).observe(dialog, { attributes: true, attributeFilter: ["open"] });
}
