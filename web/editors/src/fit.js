// The whole diagram where it can still be read, else its beginning at a readable size.
const READABLE = 0.45;
const SIZE = 0.7;

export function fit(canvas) {
  canvas.zoom("fit-viewport", "auto");
  const { inner, outer } = canvas.viewbox();
  if (canvas.zoom() >= READABLE) return;
  canvas.viewbox({ x: inner.x - 180, y: inner.y - 30, width: outer.width / SIZE, height: outer.height / SIZE });
}
