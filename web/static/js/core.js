// What several modules share. Only app.js is a page's own script: nothing may import it, or it would run twice.
export const token = () => document.querySelector('meta[name="csrf-token"]').content;

export function toast(text) {
  const note = document.createElement("div");
  note.className = "toast-note";
  note.textContent = text;
  document.querySelector(".toasts").append(note);
  setTimeout(() => note.remove(), 4000);
}
