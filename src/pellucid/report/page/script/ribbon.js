// Ribbon: a layer's output in row-major order, cut into rows of cells: one row for each pixel, or each row of the output.
//
// Above: order.js draws it as a grid. Below: the index maps of the page's data.

/** {rows, columns, head(r), title(c), tail(r), placeAt(r, c), cellOf(place)}; places are those of the layer's output. */
const ribbonOf = (network, number, map) => {
  const shape = network.shapeOf(number);
  const axes = network.axesOf(number);
  if (map && !map.moved && shape.length === 1) return readRibbon(map);
  return shape.length === 1 ? countedRibbon(shape[0]) : placeRibbon(shape, axes);
};

/** Of a Flatten: the elements as they are read, one row for each index of all axes but the last. */
const readRibbon = (map) => {
  const sizes = map.read.map((axis) => map.in_shape[axis]);
  const letters = lettersOf(map.axes);
  const names = map.read.map((axis) => letters[axis]);
  const columns = sizes[sizes.length - 1];
  const outer = sizes.slice(0, -1);
  return {
    ...rowsOf(product(outer), columns),
    head: (r) => placeOf(r, outer).map((i, k) => `${names[k]}=${i}`).join(" ") || "flat",
    title: (c) => `${names[names.length - 1]}=${c}`,
    placeAt: (r, c) => [r * columns + c],
    cellOf: ([flat]) => [Math.floor(flat / columns), flat % columns],
  };
};

const placeRibbon = (shape, axes) => {
  const names = lettersOf(axes);
  const columns = shape[shape.length - 1];
  const outer = shape.slice(0, -1);
  return {
    ...rowsOf(product(outer), columns),
    head: (r) => placeOf(r, outer).map((i, k) => `${names[k]}=${i}`).join(" "),
    title: (c) => `${names[names.length - 1]}=${c}`,
    placeAt: (r, c) => [...placeOf(r, outer), c],
    cellOf: (place) => [flatOf(place.slice(0, -1), outer), place[place.length - 1]],
  };
};

const countedRibbon = (count) => {
  const columns = Math.min(count, 5);
  return {
    ...rowsOf(Math.ceil(count / columns), columns),
    has: (r, c) => r * columns + c < count,
    head: (r) => `${r * columns}..`,
    title: (c) => `+${c}`,
    tail: null,
    placeAt: (r, c) => [r * columns + c],
    cellOf: ([flat]) => [Math.floor(flat / columns), flat % columns],
  };
};

const rowsOf = (rows, columns) => ({
  rows,
  columns,
  tail: (r) => (columns === 1 ? `${r}` : rows * columns < 1000 ? `${r * columns}..${(r + 1) * columns - 1}` : `${r * columns}..`),
  tailTitle: "flat",
});
