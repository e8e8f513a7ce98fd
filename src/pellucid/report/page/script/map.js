// The Map view: all layers from the input down, what each costs, and who reads whom; models inside models are indented.

const LANE = 14;
const LINE = 34;
const MOST_LANES = 10;

class MapView {
  constructor(page) {
    this.page = page;
    this.element = div("view map");
    this.isWide = true;
  }

  build() {
    const { network } = this.page;
    const { layers } = network;
    this.largest = { params: Math.max(...layers.map((one) => one.params), 1), macs: Math.max(...layers.map((one) => one.macs ?? 0), 1) };
    const lanes = lanesOf(network);
    const wide = Math.min(Math.max(...lanes.map((one) => one.width)), MOST_LANES) * LANE + 10;
    const rows = layers.flatMap((layer, k) => [...this.headings(layer, layers[k - 1], wide, lanes[k]), this.row(layer, lanes[k], wide)]);
    const titles = [["", "gutter"], ["layer", ""], ["output", ""], ["weights", "number"], ["multiply-adds", "number"]];
    this.table = make("table", { class: "layers", on: { keydown: (event) => this.onKey(event) } },
      make("thead", {}, make("tr", {}, titles.map(([title, name]) => make("th", { scope: "col", class: name }, title)))),
      make("tbody", {}, rows), this.totals());
    this.element.replaceChildren(div("scroll", this.table));
  }

  /** A line for each model that begins with this layer. */
  headings(layer, before, wide, lane) {
    const inside = layer.path.split("/").slice(0, -1);
    const known = (before?.path ?? "").split("/").slice(0, -1);
    const shared = inside.findIndex((name, k) => name !== known[k]);
    if (shared < 0) return [];
    return inside.slice(shared).map((name, k) => make("tr", { class: "inside" },
      make("td", { class: "gutter" }, laneDrawing({ ...lane, node: null, from: [] , through: lane.before }, wide)),
      make("td", { colspan: "4" }, sized(code(name), { "margin-left": `${(shared + k) * 18}px` }))));
  }

  row(layer, lane, wide) {
    const { state } = this.page;
    const names = layer.path.split("/");
    const shapes = layer.output_shapes.map(shapeText).join(", ");
    const isCurrent = layer.writes.includes(state.number);
    const open = sized(button(names[names.length - 1], { class: "layer", tabindex: isCurrent ? "0" : "-1", "aria-current": isCurrent ? "true" : null,
      title: layer.path }, () => state.set({ number: layer.writes[0], view: "order" })), { "margin-left": `${(names.length - 1) * 18}px` });
    return make("tr", { class: isCurrent ? "current" : "" },
      make("td", { class: "gutter" }, laneDrawing(lane, wide)),
      make("td", { class: "what" }, open, span("kind", layer.kind), layer.exact ? null : span("mark no", "no links"),
        div("under", sized(span("shapes", shapes), { "margin-left": `${(names.length - 1) * 18}px` }))),
      make("td", { class: "shapes" }, shapes),
      this.cost("params", layer.params),
      this.cost("macs", layer.macs));
  }

  cost(kind, count) {
    const share = Math.sqrt((count ?? 0) / this.largest[kind]);
    return make("td", { class: "cost number" }, sized(span("share"), { width: `${share * 100}%` }),
      span("count", count === null ? "?" : count ? counted(count) : "·"), span("short", count === null ? "?" : count ? short(count) : "·"));
  }

  totals() {
    return make("tfoot", {}, make("tr", {}, make("td", {}), make("td", {}, "in all"), make("td", {}),
      this.total(this.page.data.params), this.total(this.page.data.macs)));
  }

  total(count) {
    return make("td", { class: "number" }, span("count", count === null ? "?" : counted(count)), span("short", count === null ? "?" : short(count)));
  }

  onKey(event) {
    const stops = [...this.table.querySelectorAll("button.layer")];
    const at = stops.indexOf(document.activeElement);
    const moves = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: stops.length - 1, PageDown: at + 10, PageUp: at - 10 };
    if (at < 0 || !(event.key in moves)) return;
    event.preventDefault();
    const next = stops[Math.min(Math.max(moves[event.key], 0), stops.length - 1)];
    for (const stop of stops) stop.tabIndex = stop === next ? 0 : -1;
    next.focus();
  }

  refresh() {}
}

/** A large number in few characters, for narrow screens: 138M. */
const short = (count) => new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 }).format(count);

/** For each layer the lanes in which values pass it: those before and behind, where its node lies, what it reads. */
const lanesOf = (network) => {
  const lastUse = new Map();
  for (const layer of network.layers) for (const read of layer.reads) lastUse.set(read, layer.position);
  const open = [];
  return network.layers.map((layer) => {
    const before = open.map((number) => number !== null);
    const from = layer.reads.map((read) => open.indexOf(read)).filter((lane) => lane >= 0);
    const closing = from.filter((lane) => lastUse.get(open[lane]) === layer.position);
    for (const lane of closing) open[lane] = null;
    const node = closing.length ? Math.min(...closing) : firstFree(open);
    open[node] = lastUse.has(layer.writes[0]) ? layer.writes[0] : null;
    for (const number of layer.writes.slice(1)) if (lastUse.has(number)) open[firstFree(open, node)] = number;
    while (open.length && open[open.length - 1] === null) open.pop();
    const behind = range(0, Math.max(open.length, node + 1)).map((lane) => open[lane] !== null && open[lane] !== undefined);
    const through = before.map((is, lane) => is && Boolean(behind[lane]) && lane !== node);
    return { before, through, from, node, behind, width: Math.max(before.length, behind.length, node + 1) };
  });
};

const firstFree = (open, except = -1) => {
  const free = open.findIndex((number, lane) => number === null && lane !== except);
  return free < 0 ? Math.max(open.length, except + 1) : free;
};

const laneDrawing = ({ through, from, node, behind, before }, wide) => {
  const x = (lane) => Math.min(lane, MOST_LANES - 1) * LANE + 10;
  const middle = LINE / 2;
  const paths = [];
  range(0, through.length).filter((lane) => through[lane]).forEach((lane) => paths.push(`M${x(lane)} 0V${LINE}`));
  for (const lane of from) {
    paths.push(lane === node ? `M${x(lane)} 0V${middle}` : `M${x(lane)} 0C${x(lane)} ${middle} ${x(node)} 0 ${x(node)} ${middle}`);
  }
  if (node !== null && behind[node]) paths.push(`M${x(node)} ${middle}V${LINE}`);
  if (node !== null) range(0, behind.length).filter((lane) => lane !== node && behind[lane] && !before[lane]).forEach((lane) =>
    paths.push(`M${x(node)} ${middle}C${x(node)} ${LINE} ${x(lane)} ${middle} ${x(lane)} ${LINE}`));
  const drawing = drawn("svg", { width: wide, height: LINE, "aria-hidden": "true" }, drawn("path", { d: paths.join(""), class: "lane" }));
  if (node !== null) drawing.append(drawn("circle", { cx: x(node), cy: middle, r: 4.5, class: "node" }));
  return drawing;
};
