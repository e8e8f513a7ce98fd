// Block: a value as planes of cells, drawn on a canvas: rows and columns are an image's, one plane for each channel.
//
// Above: order.js shows the source with it, field.js the input with what a unit sees of it.
// Below: ink.js has colours, patterns and outlines.

const GAP = 18;
const LABEL = 20;
const LARGEST = 44;
const READABLE = 28;
const LONGEST = 24;

/** Which axes run down, to the right, and over the planes. */
const planeAxes = (axes) => {
  const all = range(0, axes.length);
  const spatial = all.filter((axis) => axes[axis] !== "channels");
  const [row, column] = spatial.length > 1 ? spatial.slice(-2) : all.length > 1 ? all.slice(-2) : [null, all[0] ?? null];
  return { row, column, stack: all.filter((axis) => axis !== row && axis !== column) };
};

class Block {
  /**
   * `shape`, `axes`: of the value. `text(place, room)`, `shade(place)`: what stands in a cell, in so many letters,
   * and how dark it is from 0 to 1.
   * `isColour`: one plane of colours, `coloursAt(r, c)` from 0 to 255 and `colourAt(r, c)` as CSS has it.
   * `marksOf()`: what to point out, as {place, kind} or {region, kind}. `margin`: cells of padding around, [[before,
   * after], [before, after]]. `onFocus(place)`, `onLeave()`, `onPick(place)`: told. `plane`: one that is to be seen.
   */
  constructor(said) {
    Object.assign(this, { margin: [[0, 0], [0, 0]], plane: 0 }, said);
    this.lay = planeAxes(this.axes);
    this.sizes = this.lay.stack.map((axis) => this.shape[axis]);
    this.planes = this.isColour ? 1 : product(this.sizes);
    this.columns = this.lay.column === null ? 1 : this.shape[this.lay.column];
    this.rows = this.lay.row === null ? 1 : this.shape[this.lay.row];
    this.count = this.rows * this.columns;
    if (this.lay.row === null && this.columns > LONGEST) this.wrap();
    this.pictures = new Map();
    this.canvas = make("canvas", { "aria-hidden": "true" });
    this.element = make("div", {
      class: "block", tabindex: "0", role: "group", "aria-roledescription": "grid of values", "aria-label": said.label,
      on: {
        keydown: (event) => this.onKey(event),
        focus: () => this.element.matches(":focus-visible") && this.moveTo(this.cursor ?? this.placeOf(this.plane, 0, 0)),
        pointermove: (event) => this.onPointer(event, (place) => this.tellOnce(place)),
        pointerleave: () => { this.told = null; this.onLeave(); },
        click: (event) => this.onPointer(event, (place) => this.onPick(place)),
      },
    }, this.canvas);
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  // ---- where things lie

  /** A long value with one axis, in several rows. */
  wrap() {
    this.isWrapped = true;
    this.columns = Math.max(LONGEST, Math.ceil(Math.sqrt(this.count * 2)));
    this.rows = Math.ceil(this.count / this.columns);
  }

  has(r, c) {
    return r >= 0 && c >= 0 && r < this.rows && c < this.columns && r * this.columns + c < this.count;
  }

  placeOf(plane, r, c) {
    if (this.isWrapped) return [r * this.columns + c];
    const place = [];
    placeOf(plane, this.sizes).forEach((i, k) => (place[this.lay.stack[k]] = i));
    if (this.lay.row !== null) place[this.lay.row] = r;
    if (this.lay.column !== null) place[this.lay.column] = c;
    return place;
  }

  planeOf(place) {
    return this.isColour ? 0 : flatOf(this.lay.stack.map((axis) => place[axis]), this.sizes);
  }

  cellOf(place) {
    if (this.isWrapped) return [Math.floor(place[0] / this.columns), place[0] % this.columns];
    return [this.lay.row === null ? 0 : place[this.lay.row], this.lay.column === null ? 0 : place[this.lay.column]];
  }

  measure() {
    const width = Math.max(this.element.clientWidth, 120);
    const [[top, bottom], [left, right]] = this.margin;
    const [rows, columns] = [this.rows + top + bottom, this.columns + left + right];
    const fit = (count) => Math.floor((width - (count - 1) * GAP) / count / columns);
    const wanted = Math.min(this.planes, this.most ?? 12);
    let beside = wanted;
    while (beside > 1 && fit(beside) < Math.min(READABLE, LARGEST)) beside--;
    const cell = Math.min(LARGEST, Math.max((width - (beside - 1) * GAP) / beside / columns, 0.5), 460 / rows);
    this.cell = cell >= 4 ? Math.floor(cell) : cell;
    this.wide = columns * this.cell;
    this.high = rows * this.cell;
    beside = Math.max(1, Math.min(wanted, Math.floor((width + GAP) / (this.wide + GAP))));
    const down = Math.max(1, Math.min(Math.ceil(wanted / beside), Math.floor(480 / (this.high + LABEL + 8)) || 1));
    this.beside = beside;
    this.shown = Math.min(this.planes, beside * down);
    this.first = Math.min(Math.max(this.plane - Math.floor(this.shown / 2), 0), this.planes - this.shown);
    if (this.planes <= this.shown) this.first = 0;
  }

  cornerOf(k) {
    const [column, row] = [k % this.beside, Math.floor(k / this.beside)];
    return [column * (this.wide + GAP), row * (this.high + LABEL + 8) + (this.planes > 1 ? LABEL : 0)];
  }

  // ---- drawing

  draw() {
    if (!this.element.clientWidth) return;
    this.measure();
    const down = Math.ceil(this.shown / this.beside);
    const width = Math.min(this.shown, this.beside) * (this.wide + GAP) - GAP + 3;
    const height = down * (this.high + LABEL + 8) - 8 + (this.planes > 1 ? 0 : -LABEL) + 3;
    const scale = window.devicePixelRatio || 1;
    Object.assign(this.canvas, { width: Math.ceil(width * scale), height: Math.ceil(height * scale) });
    sized(this.canvas, { width: `${width}px`, height: `${height}px` });
    const pen = this.canvas.getContext("2d");
    pen.scale(scale, scale);
    pen.translate(1.5, 1.5);
    const ink = inkOf(this.element);
    const marks = this.marksOf();
    range(0, this.shown).forEach((k) => this.drawPlane(pen, ink, k, marks));
    this.onDraw?.();
  }

  drawPlane(pen, ink, k, marks) {
    const [x, y] = this.cornerOf(k);
    const plane = this.first + k;
    if (this.planes > 1) {
      pen.fillStyle = ink.faint;
      pen.font = `12px ${ink.mono}`;
      pen.textBaseline = "alphabetic";
      pen.textAlign = "left";
      pen.fillText(this.planeName(plane), x, y - 6);
    }
    this.drawPadding(pen, ink, x, y);
    const [x0, y0] = [x + this.margin[1][0] * this.cell, y + this.margin[0][0] * this.cell];
    this.drawCells(pen, ink, plane, x0, y0);
    const regions = marks.filter((mark) => mark.region);
    if (regions.length) this.drawRegions(pen, ink, regions, plane, x0, y0);
    for (const mark of marks) if (mark.place) this.drawMark(pen, ink, mark, plane, x0, y0);
    pen.strokeStyle = ink.line;
    pen.lineWidth = 1;
    pen.strokeRect(x0 - 0.5, y0 - 0.5, this.columns * this.cell + 1, this.rows * this.cell + 1);
  }

  planeName(plane) {
    const letters = lettersOf(this.axes);
    return placeOf(plane, this.sizes).map((i, k) => `${letters[this.lay.stack[k]]}=${i}`).join(" ");
  }

  drawPadding(pen, ink, x, y) {
    if (!this.margin.flat().some(Boolean)) return;
    pen.fillStyle = hatch(pen, ink.faint);
    pen.fillRect(x, y, this.wide, this.high);
    pen.strokeStyle = ink.line;
    pen.setLineDash([3, 3]);
    pen.strokeRect(x, y, this.wide, this.high);
    pen.setLineDash([]);
    pen.clearRect(x + this.margin[1][0] * this.cell, y + this.margin[0][0] * this.cell, this.columns * this.cell, this.rows * this.cell);
  }

  drawCells(pen, ink, plane, x0, y0) {
    const { cell } = this;
    const shade = this.shade ?? (() => null);
    if (cell < 4) {
      pen.imageSmoothingEnabled = cell < 1;
      pen.drawImage(this.picture(plane, ink), x0, y0, this.columns * cell, this.rows * cell);
      return;
    }
    pen.font = `${Math.min(12, Math.max(cell * 0.34, 10))}px ${ink.mono}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    const letter = pen.measureText("0").width;
    for (let r = 0; r < this.rows; r++) {
      for (let c = 0; c < this.columns; c++) {
        if (!this.has(r, c)) continue;
        const place = this.placeOf(plane, r, c);
        const paint = this.isColour ? this.colourAt(r, c) : shade(place);
        pen.fillStyle = typeof paint === "number" ? mixed(ink.paper, ink.shade, paint) : paint ?? ink.paper;
        pen.fillRect(x0 + c * cell, y0 + r * cell, cell, cell);
        if (cell >= 12) {
          pen.strokeStyle = ink.hair;
          pen.lineWidth = 1;
          pen.strokeRect(x0 + c * cell + 0.5, y0 + r * cell + 0.5, cell, cell);
        }
        if (cell >= READABLE) {
          pen.fillStyle = paint > 0.55 ? ink.paperText : ink.ink;
          pen.fillText(this.text(place, Math.floor((cell - 3) / letter)), x0 + (c + 0.5) * cell, y0 + (r + 0.5) * cell, cell - 3);
        }
      }
    }
  }

  /** A plane as a small image, one pixel a cell. */
  picture(plane, ink) {
    if (!this.pictures.has(plane)) this.pictures.set(plane, this.painted(plane, ink));
    return this.pictures.get(plane);
  }

  painted(plane, ink) {
    const image = new OffscreenCanvas(this.columns, this.rows);
    const pen = image.getContext("2d");
    const data = pen.createImageData(this.columns, this.rows);
    for (let r = 0, k = 0; r < this.rows; r++) {
      for (let c = 0; c < this.columns; c++, k += 4) {
        if (!this.has(r, c)) continue;
        const place = this.placeOf(plane, r, c);
        const rgb = this.isColour ? this.coloursAt(r, c) : blended(ink.paper, ink.shade, this.shade?.(place) ?? 0);
        data.data.set([...rgb, 255], k);
      }
    }
    pen.putImageData(data, 0, 0);
    return image;
  }

  drawMark(pen, ink, { place, kind }, plane, x0, y0) {
    if (this.planeOf(place) !== plane) return;
    const [r, c] = this.cellOf(place);
    outlined(pen, ink, kind, x0 + c * this.cell, y0 + r * this.cell, this.cell, this.cell);
  }

  /** What lies outside the sets is veiled, so that holes stay holes; a line runs around each stretch of cells. */
  drawRegions(pen, ink, marks, plane, x0, y0) {
    const { cell } = this;
    const sets = marks.map(({ region, kind }) => [this.stretchesOf(region, plane), kind]);
    const veil = new OffscreenCanvas(Math.ceil(this.columns * cell), Math.ceil(this.rows * cell));
    const cloth = veil.getContext("2d");
    cloth.fillStyle = ink.veil;
    cloth.fillRect(0, 0, veil.width, veil.height);
    for (const [r, c, high, wide] of sets.flatMap(([stretches]) => stretches)) cloth.clearRect(c * cell, r * cell, wide * cell, high * cell);
    pen.drawImage(veil, x0, y0);
    for (const [stretches, kind] of sets) {
      pen.strokeStyle = kind === "b" ? ink.b : ink.a;
      pen.lineWidth = cell < 4 ? 1.5 : 2;
      pen.setLineDash(kind === "b" ? [4, 3] : []);
      for (const [r, c, high, wide] of stretches) pen.strokeRect(x0 + c * cell, y0 + r * cell, wide * cell, high * cell);
    }
    pen.setLineDash([]);
  }

  /** The cells of one plane that a set holds, as rectangles [row, column, height, width]; in a picture of any channel. */
  stretchesOf(region, plane) {
    const sets = this.isWrapped ? null : region.axes;
    if (!sets) return this.stretchesOfCells(region, plane);
    const at = placeOf(plane, this.sizes);
    if (!this.isColour && !this.lay.stack.every((axis, k) => sets[axis].includes(at[k]))) return [];
    const [rows, columns] = [this.lay.row, this.lay.column].map((axis) => runsOf(axis === null ? [0] : sets[axis]));
    return rows.flatMap(([r, high]) => columns.map(([c, wide]) => [r, c, high, wide]));
  }

  stretchesOfCells(region, plane) {
    const rows = range(0, this.rows).map(() => new Set());
    for (const place of region.places()) {
      if (!this.isColour && this.planeOf(place) !== plane) continue;
      const [r, c] = this.cellOf(place);
      rows[r].add(c);
    }
    return stacked(rows.map((columns) => runsOf(sortedSet(columns))));
  }

  // ---- pointer and keys

  tellOnce(place) {
    const key = place.join();
    if (key !== this.told) this.onFocus(place);
    this.told = key;
  }

  onPointer(event, tell) {
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left - 1.5, event.clientY - box.top - 1.5];
    for (const k of range(0, this.shown ?? 0)) {
      const [x0, y0] = this.cornerOf(k);
      const r = Math.floor((y - y0) / this.cell) - this.margin[0][0];
      const c = Math.floor((x - x0) / this.cell) - this.margin[1][0];
      if (this.has(r, c)) return tell(this.placeOf(this.first + k, r, c));
    }
    return null;
  }

  show(plane) {
    this.plane = plane;
    this.draw();
  }

  moveTo(place) {
    this.cursor = place;
    const plane = this.planeOf(place);
    if (plane < this.first || plane >= this.first + this.shown) this.show(plane);
    this.onFocus(place);
  }

  onKey(event) {
    const at = this.cursor ?? this.placeOf(this.plane, 0, 0);
    const [r, c] = this.cellOf(at);
    const plane = this.planeOf(at);
    const moves = {
      ArrowLeft: [plane, r, c - 1], ArrowRight: [plane, r, c + 1], ArrowUp: [plane, r - 1, c], ArrowDown: [plane, r + 1, c],
      Home: [plane, r, 0], End: [plane, r, this.columns - 1], PageUp: [plane - 1, r, c], PageDown: [plane + 1, r, c],
    };
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.onPick(at);
    } else if (moves[event.key]) {
      event.preventDefault();
      const limits = [this.planes, this.rows, this.columns];
      const to = moves[event.key].map((i, k) => Math.min(Math.max(i, 0), limits[k] - 1));
      if (this.has(to[1], to[2])) this.moveTo(this.placeOf(...to));
    }
  }
}
