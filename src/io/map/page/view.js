// View: which part of the plane is on screen, and the gestures that change it.
const base = document.getElementById('base'), over = document.getElementById('over');
const view = { x: 0, y: 0, scale: 1, width: 1, height: 1, ratio: 1, moved: false };

const toPlane = (px, py) => [view.x + (px - view.width / 2) / view.scale, view.y + (py - view.height / 2) / view.scale];
const toScreen = (x, y) => [(x - view.x) * view.scale + view.width / 2, (y - view.y) * view.scale + view.height / 2];
const onScreen = () => [...toPlane(0, 0), ...toPlane(view.width, view.height)];

function fitScale(b, share) {
  const width = Math.max(1, b[2] - b[0]), height = Math.max(1, b[3] - b[1]);
  return Math.min(view.width / width, view.height / height) * share;
}

// The scale stays between "twice as far as everything" and a few centimetres per pixel.
function clampScale(scale) {
  return Math.min(20, Math.max(fitScale(plane.bounds, 0.92) / 2.5, scale));
}

function fit(b, share) {
  view.scale = clampScale(fitScale(b, share));
  view.x = (b[0] + b[2]) / 2;
  view.y = (b[1] + b[3]) / 2;
  redraw();
}

// Everything, and beside or above the legend where it would hide some of it and there is room enough.
function fitAll() {
  const legend = document.getElementById('legend'), width = legend.offsetWidth + 20, height = legend.offsetHeight + 20;
  fit(plane.bounds, 0.92);
  const hidden = () => grids.some((g) => g.shape.lists.some((list) => {
    for (let i = 0; i < list.length; i += 2) {
      const [x, y] = toScreen(list[i], list[i + 1]);
      if (x < width && y > view.height - height) return true;
    }
    return false;
  }));
  if (legend.open && hidden()) {
    const b = plane.bounds, whole = view.scale;
    const within = (w, h) => 0.94 * Math.min(w / Math.max(1, b[2] - b[0]), h / Math.max(1, b[3] - b[1]));
    const beside = within(view.width - width, view.height), above = within(view.width, view.height - height);
    if (Math.max(beside, above) > 0.7 * whole) {
      view.scale = Math.min(whole, Math.max(beside, above));
      if (beside >= above) view.x -= width / 2 / view.scale;
      else view.y += height / 2 / view.scale;
    }
  }
  view.moved = false;
  redraw();
}

function zoomAt(px, py, factor) {
  const [x, y] = toPlane(px, py);
  view.scale = clampScale(view.scale * factor);
  view.x = x - (px - view.width / 2) / view.scale;
  view.y = y - (py - view.height / 2) / view.scale;
  view.moved = true;
  redraw();
}

function pan(dx, dy) {
  const b = plane.bounds;
  view.x = Math.min(b[2], Math.max(b[0], view.x - dx / view.scale));
  view.y = Math.min(b[3], Math.max(b[1], view.y - dy / view.scale));
  view.moved = true;
  redraw();
}

function resize() {
  const box = base.parentElement.getBoundingClientRect();
  const width = Math.max(1, box.width), height = Math.max(1, box.height), ratio = window.devicePixelRatio || 1;
  if (width === view.width && height === view.height && ratio === view.ratio) return;
  Object.assign(view, { width, height, ratio });
  for (const canvas of [base, over]) {
    canvas.width = Math.round(view.width * view.ratio);
    canvas.height = Math.round(view.height * view.ratio);
  }
  if (!view.moved) fitAll();
  // At once: a canvas that was resized is blank.
  drawAll();
}

function listen(hooks) {
  const fingers = new Map();
  let travelled = 0;
  const place = (e) => {
    const box = base.getBoundingClientRect();
    return [e.clientX - box.left, e.clientY - box.top];
  };
  const spread = () => {
    const [a, b] = [...fingers.values()];
    return { x: (a[0] + b[0]) / 2, y: (a[1] + b[1]) / 2, d: Math.hypot(a[0] - b[0], a[1] - b[1]) };
  };
  base.addEventListener('pointerdown', (e) => {
    if (e.button !== 0) return;
    base.setPointerCapture(e.pointerId);
    if (fingers.size === 0) travelled = 0;
    fingers.set(e.pointerId, place(e));
  });
  base.addEventListener('pointermove', (e) => {
    const now = place(e), was = fingers.get(e.pointerId);
    if (!was) return hooks.hover(now[0], now[1]);
    travelled += Math.hypot(now[0] - was[0], now[1] - was[1]);
    if (fingers.size === 2) {
      const before = spread();
      fingers.set(e.pointerId, now);
      const after = spread();
      pan(after.x - before.x, after.y - before.y);
      zoomAt(after.x, after.y, after.d / Math.max(1, before.d));
    } else {
      fingers.set(e.pointerId, now);
      if (travelled < 4) return;
      base.classList.add('dragging');
      hooks.leave();
      pan(now[0] - was[0], now[1] - was[1]);
    }
  });
  const lift = (e, click) => {
    if (!fingers.delete(e.pointerId) || fingers.size > 0) return;
    base.classList.remove('dragging');
    if (click && travelled < 4) hooks.click(...place(e));
  };
  base.addEventListener('pointerup', (e) => lift(e, true));
  base.addEventListener('pointercancel', (e) => lift(e, false));
  base.addEventListener('pointerleave', hooks.leave);
  base.addEventListener('wheel', (e) => {
    e.preventDefault();
    const lines = e.deltaMode === 1 ? 20 : e.deltaMode === 2 ? 200 : 1;
    zoomAt(...place(e), 2 ** (-Math.max(-400, Math.min(400, e.deltaY * lines)) / 300));
  }, { passive: false });
  base.addEventListener('dblclick', (e) => zoomAt(...place(e), 2));
  const middle = (factor) => zoomAt(view.width / 2, view.height / 2, factor);
  const keys = {
    ArrowLeft: () => pan(80, 0), ArrowRight: () => pan(-80, 0), ArrowUp: () => pan(0, 80), ArrowDown: () => pan(0, -80),
    '+': () => middle(1.5), '=': () => middle(1.5), '-': () => middle(1 / 1.5), '0': fitAll, Escape: hooks.clear,
  };
  base.addEventListener('keydown', (e) => {
    if (!keys[e.key] || e.ctrlKey || e.metaKey || e.altKey) return;
    e.preventDefault();
    keys[e.key]();
  });
  document.getElementById('zoom-in').onclick = () => middle(1.5);
  document.getElementById('zoom-out').onclick = () => middle(1 / 1.5);
  document.getElementById('fit').onclick = fitAll;
  new ResizeObserver(resize).observe(base.parentElement);
}
