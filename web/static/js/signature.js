// A signature drawn by hand or mouse; it goes up as a picture like any other file.
export default function signature(root) {
  const canvas = root.querySelector("canvas");
  const picker = root.querySelector("input[type=file]");
  const pen = canvas.getContext("2d");
  let drawing = false;
  let drawn = false;
  let box = null;
  const fit = () => {
    const scale = window.devicePixelRatio || 1;
    canvas.width = canvas.clientWidth * scale;
    canvas.height = canvas.clientHeight * scale;
    pen.scale(scale, scale);
    pen.lineWidth = 2.4;
    pen.lineCap = "round";
    pen.strokeStyle = "#14233a";
    box = null;
  };
  const touch = ({ offsetX: x, offsetY: y }) => {
    box = box ? [Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x), Math.max(box[3], y)] : [x, y, x, y];
  };
  // what was written without the empty paper around it, so that it prints large enough
  const cut = () => {
    const scale = canvas.width / canvas.clientWidth;
    const [left, top] = [Math.max(0, box[0] - 6), Math.max(0, box[1] - 6)];
    const [right, bottom] = [Math.min(canvas.clientWidth, box[2] + 6), Math.min(canvas.clientHeight, box[3] + 6)];
    const piece = document.createElement("canvas");
    piece.width = Math.max(1, (right - left) * scale);
    piece.height = Math.max(1, (bottom - top) * scale);
    piece.getContext("2d").drawImage(canvas, -left * scale, -top * scale);
    return piece;
  };
  fit();
  canvas.addEventListener("pointerdown", (event) => {
    drawing = true;
    canvas.setPointerCapture(event.pointerId);
    pen.beginPath();
    touch(event);
    pen.moveTo(event.offsetX, event.offsetY);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drawing) return;
    pen.lineTo(event.offsetX, event.offsetY);
    pen.stroke();
    touch(event);
    drawn = true;
  });
  canvas.addEventListener("pointerup", () => { drawing = false; });
  root.querySelector("[data-sign-clear]").addEventListener("click", () => { fit(); drawn = false; });
  root.querySelector("[data-sign-use]").addEventListener("click", () => {
    if (!drawn) return;
    cut().toBlob((blob) => {
      const held = new DataTransfer();
      held.items.add(new File([blob], "signature.png", { type: "image/png" }));
      picker.files = held.files;
      picker.dispatchEvent(new Event("change", { bubbles: true }));
    }, "image/png");
  });
}
