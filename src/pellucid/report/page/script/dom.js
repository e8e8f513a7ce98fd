// Elements of the page, made without markup: whatever a model's file calls its layers is text here and nothing else.

/** An element; attributes by name, `on` for listeners, children as elements or strings. */
const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  const { on = {}, ...plain } = attributes;
  for (const [name, value] of Object.entries(plain)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  for (const [event, listener] of Object.entries(on)) element.addEventListener(event, listener);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
};

const div = (name, ...children) => make("div", { class: name }, ...children);

const span = (name, ...children) => make("span", { class: name }, ...children);

const sized = (element, sizes) => {
  for (const [name, value] of Object.entries(sizes)) element.style.setProperty(name, value);
  return element;
};

const code = (text) => make("code", {}, text);

const button = (text, attributes, listener) => make("button", { type: "button", ...attributes, on: { click: listener } }, text);

/** Rows of words beside what they name. */
const facts = (rows) =>
  make("dl", { class: "facts" }, rows.filter(Boolean).flatMap(([name, ...said]) => [
    make("dt", {}, name),
    make("dd", {}, ...said),
  ]));

const table = (titles, rows, name = "") =>
  div("scroll", make("table", { class: name },
    make("thead", {}, make("tr", {}, titles.map((title) => make("th", { scope: "col" }, title)))),
    make("tbody", {}, rows.map((row) => make("tr", {}, row.map((cell) => make("td", {}, ...[cell].flat())))))));

const drawn = (tag, attributes, ...children) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};
