// A file goes up as soon as it is chosen, with its progress; the form then carries only a reference.
import { token } from "./core.js";

export default function upload(root) {
  const input = root.querySelector("input[type=file]");
  const list = root.querySelector("[data-files]");
  const error = root.querySelector("[data-upload-error]");

  const put = (file) => {
    const bar = document.createElement("progress");
    bar.max = 100;
    root.append(bar);
    const request = new XMLHttpRequest();
    const body = new FormData();
    body.append("file", file);
    body.append("field", root.dataset.field);
    body.append("kind", root.dataset.upload);
    request.upload.onprogress = (event) => { bar.value = (event.loaded / event.total) * 100; };
    request.onloadend = () => {
      bar.remove();
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch { /* the proxy answered, not we */ }
      if (request.status !== 201) { error.textContent = answer.detail || root.dataset.failed; return; }
      if (!root.dataset.many) list.replaceChildren();
      list.insertAdjacentHTML("beforeend", answer.html);
      root.dispatchEvent(new Event("banli:changed", { bubbles: true }));
    };
    request.open("POST", root.dataset.url);
    request.setRequestHeader("X-CSRFToken", token());
    request.setRequestHeader("Accept", "application/json");
    request.send(body);
  };

  const take = (files) => {
    error.textContent = "";
    for (const file of files) {
      if (file.size > Number(root.dataset.limit)) { error.textContent = root.dataset.large; continue; }
      put(file);
    }
  };

  const chosen = () => { take(input.files); input.value = ""; };
  input.addEventListener("change", chosen);
  if (input.files.length) chosen(); // before this module was there
  root.addEventListener("dragover", (event) => { event.preventDefault(); root.classList.add("over"); });
  root.addEventListener("dragleave", () => root.classList.remove("over"));
  root.addEventListener("drop", (event) => { event.preventDefault(); root.classList.remove("over"); take(event.dataTransfer.files); });
  root.addEventListener("click", (event) => {
    if (!event.target.closest("[data-remove-file]")) return;
    event.target.closest("li").remove();
    root.dispatchEvent(new Event("banli:changed", { bubbles: true }));
  });
}
