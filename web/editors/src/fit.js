// The whole diagram where it can still be read, else its beginning at a readable size.
const READABLE = 0.45;
const SIZE = 0.7;
const EDGE = 30;

/** `left`: so many pixels at the left are covered by the palette. */
export function fit(canvas, left = 0) {
  canvas.zoom("fit-viewport", "auto");
  const { inner, outer } = canvas.viewbox();
  if (canvas.zoom() < READABLE) {
    canvas.viewbox({ x: inner.x - 180, y: inner.y - 30, width: outer.width / SIZE, height: outer.height / SIZE });
  } else if (left) beside(canvas, inner, left);
}

/** The diagram in the middle of the room right of the palette, no larger than it was. */
function beside(canvas, inner, left) {
  const { clientWidth: width, clientHeight: height } = canvas.getContainer();
  const zoom = Math.min(canvas.zoom(), (width - left - 2 * EDGE) / inner.width);
  const free = { x: width - left - inner.width * zoom, y: height - inner.height * zoom };
  canvas.viewbox({ x: inner.x - (left + free.x / 2) / zoom, y: inner.y - free.y / 2 / zoom, width: width / zoom, height: height / zoom });
}
