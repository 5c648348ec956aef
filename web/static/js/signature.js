// A signature drawn by hand or mouse; it goes up as a picture like any other file.
export default function signature(root) {
  const canvas = root.querySelector("canvas");
  const picker = root.querySelector("input[type=file]");
  const pen = canvas.getContext("2d");
  let drawing = false;
  let drawn = false;
  const fit = () => {
    const scale = window.devicePixelRatio || 1;
    canvas.width = canvas.clientWidth * scale;
    canvas.height = canvas.clientHeight * scale;
    pen.scale(scale, scale);
    pen.lineWidth = 2.4;
    pen.lineCap = "round";
    pen.strokeStyle = "#14233a";
  };
  fit();
  canvas.addEventListener("pointerdown", (event) => {
    drawing = true;
    canvas.setPointerCapture(event.pointerId);
    pen.beginPath();
    pen.moveTo(event.offsetX, event.offsetY);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drawing) return;
    pen.lineTo(event.offsetX, event.offsetY);
    pen.stroke();
    drawn = true;
  });
  canvas.addEventListener("pointerup", () => { drawing = false; });
  root.querySelector("[data-sign-clear]").addEventListener("click", () => { fit(); drawn = false; });
  root.querySelector("[data-sign-use]").addEventListener("click", () => {
    if (!drawn) return;
    canvas.toBlob((blob) => {
      const box = new DataTransfer();
      box.items.add(new File([blob], "signature.png", { type: "image/png" }));
      picker.files = box.files;
      picker.dispatchEvent(new Event("change", { bubbles: true }));
    }, "image/png");
  });
}
