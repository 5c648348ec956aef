// Tells the server now and then that this task is open here, and shows who else has it open.
import { token } from "./core.js";

const EVERY = 30_000;

export default function presence(place) {
  const tell = async () => {
    if (document.hidden) return;
    const answer = await fetch(place.dataset.presence, {
      method: "POST", headers: { "X-CSRFToken": token(), Accept: "application/json" },
    }).catch(() => null);
    if (!answer?.ok) return;
    place.textContent = (await answer.json()).text;
    place.hidden = !place.textContent;
  };
  tell();
  setInterval(tell, EVERY);
  document.addEventListener("visibilitychange", tell);
}
