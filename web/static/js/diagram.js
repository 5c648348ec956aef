// The diagram of a case, drawn when it is first shown; a click on a step tells its history.
export default function diagram(root) {
  const told = root.parentElement.querySelector("[data-diagram-history]");
  const draw = async () => {
    if (root.dataset.drawn || !root.offsetParent) return;
    root.dataset.drawn = "1";
    root.setAttribute("aria-busy", "true");
    try {
      const style = document.createElement("link");
      Object.assign(style, { rel: "stylesheet", href: root.dataset.css });
      const styled = new Promise((done) => { style.onload = style.onerror = done; });
      document.head.append(style);
      const [{ show }, answer] = await Promise.all([import(root.dataset.viewer), fetch(root.dataset.diagram, { headers: { Accept: "application/json" } }), styled]);
      if (!answer.ok) throw new Error(String(answer.status));
      const { xml, state, history } = await answer.json();
      const view = await show(root, {
        xml, state,
        onNode: (id) => { if (told) told.textContent = (history[id] || [root.dataset.none]).join("；"); },
      });
      const current = Object.entries(state.elements).find(([, one]) => one.mark === "current");
      window.addEventListener("resize", () => view.resized());
      if (current) view.center(current[0]);
    } catch {
      root.textContent = root.dataset.failed;
    }
    root.removeAttribute("aria-busy");
  };
  document.addEventListener("shown", draw);
  draw();
}
