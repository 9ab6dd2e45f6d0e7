// Draws the map that hab_ui/maps.py describes in MAP: layers of points, circles or heat over Daegu's 동.
// Texts of the data are only ever set as text, never as HTML.
"use strict";

const CELL = 64; // pixels within which points are one cluster
const LISTED = 12; // points of one place that a popup lists
const NAMES_FROM = 13; // zoom from which every 동 is named

const map = L.map("map", { preferCanvas: true, zoomControl: false, attributionControl: false, maxZoom: 18, minZoom: 8, zoomSnap: 0.5 });
// Leaflet focuses a map that is pressed: the page around it must not scroll then, or the click falls somewhere else.
map.getContainer().focus = function () { HTMLElement.prototype.focus.call(this, { preventScroll: true }); };
map.createPane("names").style.zIndex = 390; // below everything that can be clicked
L.control.zoom({ zoomInTitle: "확대", zoomOutTitle: "축소" }).addTo(map);
L.control.scale({ imperial: false }).addTo(map);
map.setView(MAP.center, 11);
if (MAP.tiles) {
  L.control.attribution({ prefix: false }).addTo(map);
  L.tileLayer(MAP.tiles, { maxZoom: 18, attribution: element("span", "", MAP.attribution).outerHTML }).addTo(map);
}

// Where nearly all of the places lie: one far away shall not make all others small.
function middle(places) {
  const bounds = [0, 1].map((axis) => {
    const values = places.map((at) => at[axis]).sort((a, b) => a - b), cut = Math.floor(values.length / 50);
    return [values[cut], values[values.length - 1 - cut]];
  });
  return places.length ? L.latLngBounds(bounds[0].map((latitude, i) => [latitude, bounds[1][i]])) : L.latLngBounds([]);
}

function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function facts(layer, item) {
  const box = element("div", "facts");
  box.append(element("b", "", item.title || layer.name));
  const table = element("table", "");
  layer.fields.forEach((field, i) => {
    const row = element("tr", "");
    row.append(element("th", "", field), element("td", "", item.values[i] === null ? "-" : String(item.values[i])));
    table.append(row);
  });
  box.append(table);
  return box;
}

function listed(layer, items) {
  const box = element("div", "");
  items.slice(0, LISTED).forEach((item) => box.append(facts(layer, item)));
  if (items.length > LISTED) box.append(element("p", "", `이 자리에 ${(items.length - LISTED).toLocaleString()}건이 더 있습니다.`));
  return box;
}

function popup(marker, content) {
  return marker.bindPopup(content, { maxWidth: 260, maxHeight: 240 });
}

// Points, near ones drawn as one circle with their number; made anew for what is in view after every move.
const Clusters = L.LayerGroup.extend({
  initialize(layer) {
    L.LayerGroup.prototype.initialize.call(this);
    this.layer = layer;
    this.drawn = new Map();
  },
  onAdd(target) {
    L.LayerGroup.prototype.onAdd.call(this, target);
    target.on("moveend", this.draw, this);
    this.draw();
  },
  onRemove(target) {
    target.off("moveend", this.draw, this);
    L.LayerGroup.prototype.onRemove.call(this, target);
  },
  // What stands together, by the name of its place; the number of items is part of it, as a place may be cut by the edge.
  cells() {
    const zoom = map.getZoom(), view = map.getBounds().pad(0.3), cells = new Map();
    for (const item of this.layer.items) {
      if (!view.contains(item.at)) continue;
      const pixel = map.project(item.at, zoom);
      const key = `${zoom}:${Math.floor(pixel.x / CELL)}:${Math.floor(pixel.y / CELL)}`;
      if (!cells.has(key)) cells.set(key, []);
      cells.get(key).push(item);
    }
    return new Map([...cells].map(([key, items]) => [`${key}:${items.length}`, items]));
  },
  // What is as it was stays, and with it the popup whose opening has moved the map.
  draw() {
    const cells = this.cells();
    for (const [name, marks] of this.drawn) {
      if (cells.has(name)) continue;
      marks.forEach((mark) => this.removeLayer(mark));
      this.drawn.delete(name);
    }
    for (const [name, items] of cells) {
      if (this.drawn.has(name)) continue;
      const marks = this.marks(items);
      marks.forEach((mark) => this.addLayer(mark));
      this.drawn.set(name, marks);
    }
  },
  marks(items) {
    const apart = map.getZoom() >= map.getMaxZoom() - 1;
    if (items.length < 4 && (items.length === 1 || apart)) return items.map((item) => point(this.layer, item));
    return [cluster(this.layer, items)];
  },
});

function point(layer, item) {
  const marker = L.circleMarker(item.at, { radius: 6, color: "#fff", weight: 1, fillColor: layer.color, fillOpacity: 0.9 });
  return popup(marker, () => facts(layer, item));
}

function cluster(layer, items) {
  const size = 26 + 9 * Math.min(4, Math.log10(items.length));
  const badge = element("div", "cluster", items.length.toLocaleString());
  badge.style.background = layer.color;
  badge.style.lineHeight = badge.style.width = badge.style.height = `${size}px`;
  const middle = [0, 1].map((i) => items.reduce((sum, item) => sum + item.at[i], 0) / items.length);
  const icon = L.divIcon({ html: badge, className: "", iconSize: [size, size] });
  const marker = L.marker(middle, { icon, keyboard: true, alt: `${layer.name} ${items.length}건` });
  const bounds = L.latLngBounds(items.map((item) => item.at));
  if (map.getZoom() >= map.getMaxZoom() || bounds.getNorthEast().equals(bounds.getSouthWest())) {
    return popup(marker, () => listed(layer, items));
  }
  return marker.on("click", () => map.fitBounds(bounds, { padding: [40, 40], maxZoom: map.getZoom() + 3 }));
}

function circles(layer) {
  const order = [...layer.items].sort((a, b) => b.radius - a.radius);
  return L.layerGroup(order.map((item) => {
    const style = { radius: item.radius, color: item.color || layer.color, weight: 1, fillOpacity: 0.55 };
    return popup(L.circleMarker(item.at, style), () => facts(layer, item));
  }));
}

function lines(layer) {
  return L.layerGroup(layer.items.map((item) => {
    const style = { color: layer.color, weight: 2, opacity: 0.8, dashArray: "4 4" };
    return popup(L.polyline([item.at, item.to], style), () => facts(layer, item));
  }));
}

function heat(layer) {
  return L.heatLayer(layer.items.map((item) => [...item.at, 1]), { radius: 16, blur: 14, maxZoom: 14, minOpacity: 0.25 });
}

// The plain base: where each 동 lies, the names of the 구 from afar and of every 동 from near.
function orientation() {
  const group = L.layerGroup(MAP.places.map((place) => L.circle(place.at, {
    radius: place.radius, color: "#8a8f98", weight: 0.6, opacity: 0.7, fillColor: "#8a8f98", fillOpacity: 0.07, interactive: false,
  })));
  const names = L.layerGroup().addTo(group);
  const write = () => {
    names.clearLayers();
    const near = map.getZoom() >= NAMES_FROM, view = map.getBounds();
    for (const place of near ? MAP.places : MAP.districts) {
      if (!view.contains(place.at)) continue;
      const icon = L.divIcon({ html: element("span", near ? "name" : "name far", place.name), className: "", iconSize: [0, 0] });
      names.addLayer(L.marker(place.at, { icon, pane: "names", interactive: false, keyboard: false }));
    }
  };
  map.on("moveend", write);
  write();
  return group;
}

const DRAW = { points: (layer) => new Clusters(layer), circles, heat, lines };
const shown = {};
shown[MAP.base] = orientation().addTo(map);
for (const layer of MAP.layers) shown[layer.name] = DRAW[layer.kind](layer).addTo(map);
const swatch = (name) => {
  const label = element("span", "swatch", name);
  const layer = MAP.layers.find((each) => each.name === name);
  label.style.borderColor = layer ? layer.color : "#8a8f98";
  return label.outerHTML;
};
const named = Object.fromEntries(Object.entries(shown).map(([name, layer]) => [swatch(name), layer]));
const narrow = matchMedia("(max-width: 599px)");
let chooser;
function offerLayers() {
  if (chooser) chooser.remove();
  chooser = L.control.layers({}, named, { collapsed: narrow.matches }).addTo(map);
}
narrow.addEventListener("change", offerLayers);
offerLayers();
// The page says how it looks when it makes the map; what changes later is heard here.
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (scheme) => document.body.classList.toggle("dark", scheme.matches));
const seen = middle(MAP.layers.flatMap((layer) => layer.items.map((item) => item.at)));
if (seen.isValid()) map.fitBounds(seen, { padding: [24, 24], maxZoom: 15 });
document.body.dataset.ready = "yes";
