// Tabs by mouse and arrow keys; the panel opened last is kept in the address.
export default function tabs(list) {
  const all = [...list.querySelectorAll("[role=tab]")];
  const show = (tab, focus) => {
    for (const one of all) {
      const on = one === tab;
      one.setAttribute("aria-selected", on);
      one.tabIndex = on ? 0 : -1;
      document.getElementById(one.getAttribute("aria-controls")).hidden = !on;
    }
    if (focus) tab.focus();
    document.getElementById(tab.getAttribute("aria-controls")).dispatchEvent(new Event("shown", { bubbles: true }));
  };
  list.addEventListener("click", (event) => {
    const tab = event.target.closest("[role=tab]");
    if (tab) { show(tab); history.replaceState(null, "", "#" + tab.getAttribute("aria-controls")); }
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) show(all[(all.indexOf(document.activeElement) + step + all.length) % all.length], true);
  });
  show(all.find((one) => "#" + one.getAttribute("aria-controls") === location.hash) || all[0]);
}
