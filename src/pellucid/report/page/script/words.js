// Words: numbers, places and sets as a reader wants them.

const LETTERS = { height: "h", width: "w", channels: "c", depth: "d", steps: "t", features: "f", flat: "flat" };
const ONE = { height: "row", width: "column", channels: "channel", depth: "slice", steps: "step", features: "feature" };
const MANY = { height: "rows", width: "columns", channels: "channels", depth: "slices", steps: "steps",
  features: "features", flat: "flat" };

/** A short name for each axis; all different. */
const lettersOf = (axes) => {
  const short = axes.map((name) => LETTERS[name] ?? name);
  return new Set(short).size === short.length ? short : [..."ijklmn"].slice(0, short.length);
};

const counted = (number) => number.toLocaleString("en-US");

const plural = (count, word) => `${counted(count)} ${word}${count === 1 ? "" : "s"}`;

/** A value in few characters. */
const written = (number) => {
  if (number === null || number === undefined) return "";
  if (typeof number !== "number" || !Number.isFinite(number)) return String(number);
  if (Number.isInteger(number) && Math.abs(number) < 1e6) return minus(String(number));
  const plain = Number(number.toPrecision(4));
  const size = Math.abs(plain);
  return minus(size !== 0 && (size < 1e-3 || size >= 1e6) ? plain.toExponential() : String(plain));
};

/** A value in so many characters, if that can be. */
const brief = (number, room) => {
  const text = written(number);
  if (text.length <= room || typeof number !== "number") return text;
  const shorter = [3, 2, 1].map((digits) => minus(String(Number(number.toPrecision(digits)))));
  return shorter.find((one) => one.length <= room) ?? minus(number.toExponential(0).replace("e+", "e"));
};

const minus = (text) => text.replaceAll("-", "−");

const shapeText = (shape) => `(${shape.map((size) => size ?? "None").join(", ")}${shape.length === 1 ? "," : ""})`;

const namedPlace = (place, axes) => lettersOf(axes).map((letter, axis) => `${letter}=${place[axis]}`).join(" ");

const spanText = ([first, last]) => minus(first === last ? `${first}` : `${first}..${last}`);

/** A box by the names of its axes: "rows 0..121, columns 6..149". */
const boxText = (box, axes) =>
  box.map((span, axis) => `${(span[0] === span[1] ? ONE : MANY)[axes[axis]] ?? axes[axis]} ${spanText(span)}`).join(", ");

const addressText = (network, element) => `${network.nameOf(element.number)}[${element.place.join(",")}]`;
