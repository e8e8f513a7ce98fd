// Ink: the colours of the page's style for what is drawn on a canvas, with patterns and outlines; and sets of cells as
// rectangles.
//
// Above: block.js.
// Kept true: marks differ in outline and pattern, not in colour alone.

const inkOf = (element) => {
  const style = getComputedStyle(element);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const names = ["ink", "faint", "line", "hair", "paper", "shade", "a", "b", "mono"];
  const ink = Object.fromEntries(names.map((name) => [name, colour(name)]));
  return { ...ink, paperText: colour("paper-text"), veil: colour("veil") };
};

const rgbOf = (hex) => [1, 3, 5].map((k) => Number.parseInt(hex.slice(k, k + 2), 16));

const blended = (from, to, share) => {
  const [a, b] = [rgbOf(from), rgbOf(to)];
  return a.map((one, k) => Math.round(one + (b[k] - one) * Math.min(Math.max(share, 0), 1)));
};

const mixed = (from, to, share) => `rgb(${blended(from, to, share).join(" ")})`;

/** Slanting lines, for cells that are no input. */
const hatch = (pen, colour) => {
  const tile = new OffscreenCanvas(6, 6);
  const lines = tile.getContext("2d");
  lines.strokeStyle = colour;
  lines.globalAlpha = 0.55;
  lines.beginPath();
  for (const k of [-6, 0, 6]) {
    lines.moveTo(k, 6);
    lines.lineTo(k + 6, 0);
  }
  lines.stroke();
  return pen.createPattern(tile, "repeat");
};

/** One cell pointed out: a solid frame for the first pin, a dashed one for the second, a dark one under the pointer. */
const outlined = (pen, ink, kind, x, y, width, height) => {
  const least = Math.max(0, 7 - width) / 2;
  const [x0, y0, w, h] = [x - least, y - least, width + 2 * least, height + 2 * least];
  pen.lineWidth = 2.5;
  pen.strokeStyle = kind === "b" ? ink.b : kind === "hover" ? ink.ink : ink.a;
  pen.setLineDash(kind === "b" ? [4, 2.5] : []);
  pen.strokeRect(x0 + 1, y0 + 1, w - 2, h - 2);
  pen.setLineDash([]);
};

/** Rectangles [row, column, height, width] of the stretches of each row, equal ones below each other made one. */
const stacked = (rows) => {
  const found = [];
  let open = new Map();
  rows.forEach((runs, r) => {
    const next = new Map();
    for (const [c, wide] of runs) {
      const above = open.get(`${c},${wide}`);
      const one = above ?? [r, c, 0, wide];
      one[2]++;
      if (!above) found.push(one);
      next.set(`${c},${wide}`, one);
    }
    open = next;
  });
  return found;
};

/** [first, length] of each stretch without a gap. */
const runsOf = (sorted) => {
  const runs = [];
  for (const i of sorted) {
    const last = runs[runs.length - 1];
    if (last && last[0] + last[1] === i) last[1]++;
    else runs.push([i, 1]);
  }
  return runs;
};
