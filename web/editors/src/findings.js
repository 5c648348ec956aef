// Findings of the server's check as marks on the elements they name.
import { t } from "./words.js";

const TYPE = "banli-finding";

class Findings {
  constructor(overlays, elementRegistry, selection, canvas) {
    Object.assign(this, { overlays, elementRegistry, selection, canvas });
    this.marked = new Set();
  }

  /** `findings`: [{severity, message, element}]; those without an element are only in the list. */
  show(findings) {
    this.overlays.remove({ type: TYPE });
    for (const id of this.marked) if (this.elementRegistry.get(id)) for (const one of ["error", "warning"]) this.canvas.removeMarker(id, `banli-${one}`);
    this.marked.clear();
    for (const [id, found] of groups(findings)) if (this.elementRegistry.get(id)) this.mark(id, found);
  }

  mark(id, found) {
    const severity = found.some((one) => one.severity === "error") ? "error" : "warning";
    const badge = document.createElement("span");
    badge.className = `banli-finding ${severity}`;
    badge.textContent = t(severity === "error" ? "错" : "注意");
    badge.title = found.map((one) => one.message).join("\n");
    this.overlays.add(id, TYPE, { position: { top: -10, left: -8 }, html: badge });
    this.canvas.addMarker(id, `banli-${severity}`);
    this.marked.add(id);
  }

  reveal(id) {
    const element = this.elementRegistry.get(id);
    if (!element) return false;
    this.canvas.scrollToElement(element, 120);
    this.selection.select(element);
    return true;
  }
}
Findings.$inject = ["overlays", "elementRegistry", "selection", "canvas"];

function groups(findings) {
  const found = new Map();
  for (const one of findings) if (one.element) found.set(one.element, [...(found.get(one.element) ?? []), one]);
  return found;
}

export const findingsModule = { __init__: ["banliFindings"], banliFindings: ["type", Findings] };
