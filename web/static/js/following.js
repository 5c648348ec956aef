// A page that looks by itself what has changed: its parts, but for the one somebody is in.
const SECOND = 1_000;
const told = (part) => part.innerHTML.replace(/(name="csrf_token" value=)"[^"]*"/g, "$1"); // differs each time

export default function following(place) {
  const look = async () => {
    const pause = Number(place.dataset.following);
    if (!pause) return; // nothing changes any more
    setTimeout(look, pause * SECOND);
    if (document.hidden) return;
    const answer = await fetch(location.href, { headers: { "X-Banli-Poll": "1" } }).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const now = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = now.querySelector("[data-following]");
    for (const part of place.querySelectorAll(":scope > [id]")) {
      const other = now.getElementById(part.id);
      if (!other || part.contains(document.activeElement) || told(part) === told(other)) continue;
      part.replaceChildren(...other.childNodes);
    }
    place.dataset.following = fresh?.dataset.following ?? "";
  };
  setTimeout(look, Number(place.dataset.following) * SECOND);
}
