// Grid: cells in rows and columns, of which only those in sight exist. One stop for the Tab key; arrows, Home, End,
// PageUp and PageDown move inside, Enter or Space picks.
//
// Above: views.js says how many cells there are and what stands in them.

const ROW = 28;
const MOST_ROWS = 14;
const CHARACTER = 7.6;

class Grid {
  /**
   * `rows`, `columns`: how many. `head(r)`, `title(c)`, `text(r, c)`, `tail(r)`: the words. `classOf(r, c)`: marks.
   * `has(r, c)`: false for a cell behind the last. `onFocus(r, c)`, `onLeave()`, `onPick(r, c)`: told.
   */
  constructor(said) {
    Object.assign(this, said);
    this.cursor = null;
    this.cells = new Map();
    this.inside = div("window");
    this.space = div("space", this.inside);
    this.id = `grid${Grid.made++}`;
    this.element = make("div", {
      class: "grid", role: "grid", tabindex: "0", id: this.id, "aria-label": said.label,
      "aria-rowcount": said.rows + 1, "aria-colcount": said.columns + 1,
      on: {
        scroll: () => this.draw(),
        keydown: (event) => this.onKey(event),
        focus: () => this.element.matches(":focus-visible") && this.moveTo(this.cursor ?? [0, 0]),
        pointerover: (event) => this.onPointer(event, (r, c) => this.onFocus(r, c)),
        pointerleave: () => this.onLeave(),
        click: (event) => this.onPointer(event, (r, c) => this.pick(r, c)),
      },
    }, this.space);
    this.measure();
    new ResizeObserver(() => this.draw(true)).observe(this.element);
  }

  measure() {
    const some = (count, word) => range(0, Math.min(count, 40)).map((k) => word(Math.floor((k * count) / Math.min(count, 40))).length);
    const texts = some(this.rows, (r) => this.text(r, Math.min(r % 7, this.columns - 1))).concat(some(this.columns, (c) => this.text(0, c)));
    this.wide = Math.ceil(Math.max(4, ...texts, ...some(this.columns, this.title)) * CHARACTER + 14);
    this.headWide = Math.ceil(Math.max(this.corner.length, ...some(this.rows, this.head), this.head(this.rows - 1).length) * CHARACTER + 18);
    this.tailWide = this.tail ? Math.ceil(this.tail(this.rows - 1).length * CHARACTER + 22) : 0;
    const width = this.headWide + this.columns * this.wide + this.tailWide;
    sized(this.space, { width: `${width}px`, height: `${(this.rows + 1) * ROW}px` });
    sized(this.element, {
      "max-width": `${width + 2}px`,
      height: `${(Math.min(this.rows, MOST_ROWS) + 1) * ROW + 2}px`,
      "--head": `${this.headWide}px`, "--tail": `${this.tailWide}px`,
    });
  }

  /** The part in sight: first row and column, and how many. */
  get sight() {
    const { clientWidth, clientHeight, scrollLeft, scrollTop, scrollWidth, scrollHeight } = this.element;
    const start = (scrolled, most, size, count) => (scrolled >= most - 1 ? count : Math.min(Math.round(scrolled / size), count));
    const columns = Math.max(1, Math.floor((clientWidth - this.headWide - this.tailWide) / this.wide + 0.02));
    const rows = Math.max(1, Math.floor((clientHeight - ROW) / ROW + 0.02));
    const shown = [Math.min(rows, this.rows), Math.min(columns, this.columns)];
    return {
      row: start(scrollTop, scrollHeight - clientHeight, ROW, this.rows - shown[0]),
      column: start(scrollLeft, scrollWidth - clientWidth, this.wide, this.columns - shown[1]),
      rows: shown[0],
      columns: shown[1],
    };
  }

  draw(isForced = false) {
    const sight = this.sight;
    const key = Object.values(sight).join();
    if (key === this.drawn && !isForced) return;
    this.drawn = key;
    this.cells.clear();
    const room = this.element.clientWidth - this.headWide - this.tailWide;
    sized(this.element, { "--cell": `${sight.columns < this.columns ? room / sight.columns : this.wide}px` });
    const columns = range(sight.column, sight.column + sight.columns);
    const titles = columns.map((c) => make("div", { class: "title", role: "columnheader" }, this.title(c)));
    const head = make("div", { class: "row", role: "row" }, make("div", { class: "corner", role: "columnheader" }, this.corner),
      titles, this.tail ? make("div", { class: "title tail", role: "columnheader" }, this.tailTitle) : null);
    const rows = range(sight.row, sight.row + sight.rows).map((r) => this.rowElement(r, columns));
    this.inside.replaceChildren(head, ...rows);
    this.point();
  }

  rowElement(r, columns) {
    const cells = columns.filter((c) => !this.has || this.has(r, c)).map((c) => {
      const cell = make("div", { class: `cell ${this.classOf(r, c)}`, role: "gridcell", id: `${this.id}-${r}-${c}`,
        "aria-colindex": c + 2, "data-r": r, "data-c": c }, this.text(r, c));
      this.cells.set(`${r},${c}`, cell);
      return cell;
    });
    return make("div", { class: "row", role: "row", "aria-rowindex": r + 2 },
      make("div", { class: "head", role: "rowheader" }, this.head(r)), cells,
      this.tail ? make("div", { class: "tail" }, this.tail(r)) : null);
  }

  /** Marks anew; no cell is made. */
  refresh() {
    for (const cell of this.cells.values()) {
      const name = `cell ${this.classOf(Number(cell.dataset.r), Number(cell.dataset.c))}`;
      if (cell.className !== name) cell.className = name;
    }
  }

  /** Bring a cell into sight. */
  reveal(r, c) {
    const sight = this.sight;
    if (r < sight.row || r >= sight.row + sight.rows) {
      this.element.scrollTop = ROW * Math.max(0, r < sight.row ? r : r - sight.rows + 1);
    }
    if (c < sight.column || c >= sight.column + sight.columns) {
      this.element.scrollLeft = this.wide * Math.max(0, c < sight.column ? c : c - sight.columns + 1);
    }
    this.draw();
  }

  centre(r, c) {
    const sight = this.sight;
    this.element.scrollTop = ROW * Math.max(0, r - Math.floor(sight.rows / 2));
    this.element.scrollLeft = this.wide * Math.max(0, c - Math.floor(sight.columns / 2));
    this.cursor = [r, c];
    this.draw();
  }

  moveTo([r, c]) {
    this.cursor = [r, c];
    this.reveal(r, c);
    this.point();
    this.onFocus(r, c);
  }

  point() {
    const cell = this.cursor && this.cells.get(this.cursor.join());
    if (cell) this.element.setAttribute("aria-activedescendant", cell.id);
    else this.element.removeAttribute("aria-activedescendant");
  }

  pick(r, c) {
    this.cursor = [r, c];
    this.point();
    this.onPick(r, c);
  }

  onPointer(event, tell) {
    const cell = event.target.closest("[data-r]");
    if (cell) tell(Number(cell.dataset.r), Number(cell.dataset.c));
  }

  onKey(event) {
    const [r, c] = this.cursor ?? [0, 0];
    const page = this.sight.rows;
    const [lastRow, lastColumn] = [this.rows - 1, this.columns - 1];
    const isFar = event.ctrlKey || event.metaKey;
    const moves = {
      ArrowLeft: [r, c - 1], ArrowRight: [r, c + 1], ArrowUp: [r - 1, c], ArrowDown: [r + 1, c],
      PageUp: [r - page, c], PageDown: [r + page, c],
      Home: isFar ? [0, 0] : [r, 0], End: isFar ? [lastRow, lastColumn] : [r, lastColumn],
    };
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.pick(r, c);
    } else if (moves[event.key]) {
      event.preventDefault();
      this.moveTo(this.nearest(moves[event.key], lastRow, lastColumn));
    }
  }

  /** The nearest cell that is there; a step past the end of a row goes on in the next one, as the values do. */
  nearest([r, c], lastRow, lastColumn) {
    if (c < 0 && r > 0) return [r - 1, lastColumn];
    if (c > lastColumn && r < lastRow) return [r + 1, 0];
    const at = [Math.min(Math.max(r, 0), lastRow), Math.min(Math.max(c, 0), lastColumn)];
    while (this.has && !this.has(...at)) at[1]--;
    return at;
  }
}
Grid.made = 0;
