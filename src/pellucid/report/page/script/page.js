// The page: a head with search and choices, one of the views, and the inspector beside it.
//
// Below: every view builds itself from the state; this file tells them when.
// Above: `pellucid.explain(address)` in the browser's console answers as Python does.

class Page {
  constructor(root, data) {
    this.root = root;
    this.data = data;
    this.network = new Network(data.network);
    this.values = new Values(data, this.network);
    this.answers = new Answers(this.network, this.values);
    this.state = new State(this.network, data);
    this.inspector = new Inspector(this);
    this.views = {
      map: new MapView(this), order: new OrderView(this), field: new FieldView(this), weights: new WeightsView(this),
      proof: new ProofView(this),
    };
    this.live = make("div", { class: "status", role: "status", "aria-live": "polite" });
  }

  start() {
    this.state.read(location.hash);
    this.values.sample = this.state.sample;
    this.body = make("div", { role: "tabpanel" });
    this.tabs = new Tabs(this);
    this.root.replaceChildren(this.head(), this.tabs.element, this.body, this.foot());
    this.state.onChange((changes) => this.onChange(changes));
    window.addEventListener("hashchange", () => this.readHash());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.build());
    this.build();
  }

  /** Somebody has changed the address by hand, or gone back. */
  readHash() {
    this.state.read(location.hash);
    this.values.sample = this.state.sample;
    this.build();
    this.speak();
  }

  head() {
    const search = new Search(this);
    return make("header", { class: "top" },
      div("name", make("h1", {}, this.data.title), span("faint", this.summary())),
      search.element,
      this.samplePicker());
  }

  summary() {
    return `${plural(this.network.layers.length, "layer")} · ${plural(this.data.params, "weight")}`;
  }

  samplePicker() {
    if (this.data.samples < 2) return null;
    const options = range(0, this.data.samples).map((k) => make("option", { value: k, selected: k === this.state.sample }, `sample ${k}`));
    this.picker = make("select", { class: "sample", "aria-label": "Sample",
      on: { change: (event) => this.state.set({ sample: Number(event.target.value) }) } }, options);
    return this.picker;
  }

  foot() {
    const left = this.data.left_out.map((one) => make("li", {}, one));
    return make("footer", {}, this.live, left.length
      ? make("details", { class: "left-out" }, make("summary", {}, "What this page leaves out"), make("ul", {}, left),
        make("p", {}, "Every index, set and shape is here all the same: they follow from the rules, not from values."))
      : make("p", { class: "faint" }, "All values and weights of this run are in this page."));
  }

  build() {
    this.view = this.views[this.state.view];
    this.tabs.refresh();
    if (this.picker) this.picker.value = this.state.sample;
    this.body.className = this.view.isWide ? "body wide" : "body";
    this.body.setAttribute("aria-labelledby", `tab-${this.state.view}`);
    this.body.replaceChildren(this.view.element, ...(this.view.isWide ? [] : [this.inspector.element]));
    this.view.build();
    this.inspector.refresh();
  }

  onChange(changes) {
    this.values.sample = this.state.sample;
    if (Object.keys(changes).every((name) => name === "hover" || name === "pins")) {
      this.view.refresh();
      this.inspector.refresh();
    } else {
      this.build();
    }
    this.speak();
  }

  /** Point at an element, or at none. */
  hover(element) {
    if (element === this.state.hover || isSameElement(element, this.state.hover)) return;
    this.state.set({ hover: element });
  }

  /** Go to what somebody typed. */
  go(text) {
    const found = resolve(this.network, text, this.state.number, (layer) => this.mapOf(layer));
    if (!found.place) return this.state.set({ number: found.number });
    this.state.set({ number: found.number, pins: [found, ...this.state.pins.slice(1)], hover: null });
    this.view.reveal?.();
    return null;
  }

  say(text) {
    this.live.textContent = text;
  }

  speak() {
    const { element } = this.state;
    if (!element || !this.network.isKnown(element.number)) {
      this.say("");
      return;
    }
    const layer = this.network.writer.get(element.number);
    const map = this.mapOf(layer);
    const flat = flatOf(element.place, this.network.shapeOf(element.number));
    const axes = this.network.axesOf(element.number);
    const place = element.place.length > 1 ? `, ${namedPlace(element.place, axes)}` : "";
    const from = map ? `, from ${namedPlace(mapToInput(map, element.place), map.axes)}` : "";
    const value = this.shownValue(element);
    this.say(`${layer.path} flat ${flat}${place}${from}${value === null ? "" : `, value ${written(value)}`}`);
  }

  // ---- the other data format

  isOther(layer) {
    return this.state.other && Boolean(layer.other_map);
  }

  /** The map of a layer that rearranges, under the data format that is chosen. */
  mapOf(layer) {
    return this.isOther(layer) ? layer.other_map : layer.map;
  }

  /** The element whose sources are shown: under the other data format, what would be held. */
  effective(element) {
    const layer = this.network.writer.get(element.number);
    if (!this.isOther(layer)) return element;
    return { number: layer.reads[0], place: mapToInput(layer.other_map, element.place) };
  }

  shownValue(element) {
    return this.answers.value(this.effective(element));
  }

  formatSwitch(layer) {
    if (!layer.other_map) return null;
    const formats = ["channels_last", "channels_first"];
    const own = layer.data_format;
    return make("fieldset", { class: "switch" }, make("legend", {}, "data_format"), formats.map((name) =>
      make("label", {}, make("input", { type: "radio", name: "format", value: name, checked: (name === own) !== this.state.other,
        on: { change: () => this.state.set({ other: name !== own }) } }), span("", name))));
  }

  titleOf(layer, ...more) {
    return div("title-line", make("h2", {}, layer.path), span("kind", layer.kind),
      span("shapes", layer.input_shapes.map(shapeText).join(" + "), layer.input_shapes.length ? " → " : "", layer.output_shapes.map(shapeText).join(", ")), ...more);
  }
}

/** The names of the views, one stop for the Tab key, and the layer that they show. */
class Tabs {
  constructor(page) {
    this.page = page;
    const words = { map: "Map", order: "Order", field: "Field", weights: "Weights", proof: "Proof" };
    this.buttons = new Map(VIEWS.map((view) => [view, button(words[view], { role: "tab", id: `tab-${view}` }, () => page.state.set({ view, hover: null }))]));
    this.layers = make("select", { "aria-label": "Layer", on: { change: (event) => page.state.set({ number: Number(event.target.value), hover: null }) } },
      page.network.layers.flatMap((layer) => layer.writes.map((number) =>
        make("option", { value: number }, page.network.nameOf(number)))));
    this.element = make("nav", { class: "tabs" },
      make("div", { role: "tablist", on: { keydown: (event) => this.onKey(event) } }, ...this.buttons.values()),
      make("label", { class: "which" }, "layer ", this.layers));
  }

  refresh() {
    const { view, number } = this.page.state;
    for (const [name, one] of this.buttons) {
      one.setAttribute("aria-selected", name === view);
      one.tabIndex = name === view ? 0 : -1;
    }
    this.layers.value = number;
  }

  onKey(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const next = VIEWS[(VIEWS.indexOf(this.page.state.view) + by + VIEWS.length) % VIEWS.length];
    this.page.state.set({ view: next, hover: null });
    this.buttons.get(next).focus();
  }
}

class Search {
  constructor(page) {
    this.page = page;
    this.told = make("p", { class: "search-error", role: "alert", id: "search-error" });
    this.input = make("input", { type: "search", list: "paths", "aria-label": "Find an element", "aria-describedby": "search-error",
      placeholder: "10000 · 13,0,16 · h=1 w=0 c=3 · dense[7]", autocomplete: "off", spellcheck: "false" });
    const paths = make("datalist", { id: "paths" }, [...page.network.numbers.keys()].map((path) => make("option", { value: path })));
    this.element = make("form", { class: "search", role: "search", on: { submit: (event) => this.onSubmit(event) } }, this.input, paths, this.told);
  }

  onSubmit(event) {
    event.preventDefault();
    this.told.textContent = "";
    try {
      this.page.go(this.input.value);
    } catch (error) {
      if (!(error instanceof AddressError)) throw error;
      this.told.textContent = error.message;
    }
  }
}

const page = new Page(document.getElementById("page"), JSON.parse(document.getElementById("data").textContent));
page.start();
performance.mark("drawn");

window.pellucid = Object.freeze({
  /** All that is known of one element, as plain data: `pellucid.explain("flatten[5]")`. */
  explain(address, to = "input") {
    const element = resolve(page.network, address, page.state.number);
    if (!element.place) throw new AddressError(`${address} names a layer, not an element of it.`);
    return page.answers.toDict(element, to);
  },
});
