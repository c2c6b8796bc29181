"use strict";

const nanosecond = 1, microsecond = 1e3, millisecond = 1e6, second = 1e9;

// formatTime writes an instant with as many digits as an interval needs to be told from the next.
function formatTime(time, step = nanosecond) {
  const digits = Math.max(0, Math.min(9, Math.ceil(-Math.log10(Math.max(step, 1) / second) - 1e-9)));
  return (time / second).toFixed(digits) + " s";
}

// formatDuration writes a length of time with three digits or so.
function formatDuration(time) {
  for (const [unit, name] of [[second, "s"], [millisecond, "ms"], [microsecond, "µs"]]) {
    if (Math.abs(time) >= unit) return Number((time / unit).toPrecision(3)) + " " + name;
  }
  return Math.round(time) + " ns";
}

// niceStep returns the least of 1, 2, 5, 10, 20, 50, … that is at least the given length.
function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
  for (const factor of [1, 2, 5, 10]) {
    if (factor * power >= least) return factor * power;
  }
  return 10 * power;
}

function formatCount(n) { return n.toLocaleString("en"); }

function plural(n, one, many = one + "s") { return formatCount(n) + " " + (n === 1 ? one : many); }

// element makes a DOM element: element("b", {className: "x"}, "text", child, …).
function element(name, properties, ...children) {
  const e = document.createElement(name);
  Object.assign(e, properties);
  e.append(...children);
  return e;
}

function byID(id) { return document.getElementById(id); }
