// The diagram of a trial: where the tokens are; a click on a waiting step goes to its form.
const root = document.querySelector("[data-trialdiagram]");
const { xml, state } = JSON.parse(document.getElementById("trial-data").textContent);

try {
  const { show } = await import(root.dataset.viewer);
  const view = await show(root, {
    xml, state,
    onNode: (id) => document.querySelector(`[id^="at-${CSS.escape(id)}:"]`)?.scrollIntoView({ block: "center" }),
  });
  window.addEventListener("resize", () => view.resized());
  root.dataset.ready = "1";
} catch {
  root.textContent = root.dataset.failed;
}
