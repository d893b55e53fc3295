// The image with its contours, by OpenSeadragon: tiles come when they are looked at.

import {address} from "./api.js";
import {one} from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const FADE = 2500; // ms after which old contours go, whether the new ones are complete or not

export class Viewer {
  constructor() {
    this.osd = OpenSeadragon({
      element: one("#viewer"), prefixUrl: "", drawer: "canvas",
      showNavigationControl: false, showNavigator: true, navigatorPosition: "BOTTOM_LEFT", navigatorAutoFade: true,
      animationTime: 0.4, maxZoomPixelRatio: 16, minZoomImageRatio: 0.8, visibilityRatio: 0.2,
      clickTimeThreshold: 2000, // ms; a slow hand, or a busy machine, is no drag
      immediateRender: true, imageLoaderLimit: 8, maxImageCacheCount: 600,
      gestureSettingsMouse: {clickToZoom: false, dblClickToZoom: false},
      gestureSettingsTouch: {clickToZoom: false, dblClickToZoom: false, flickEnabled: true},
    });
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("aria-hidden", "true");
    this.marks = document.createElementNS(SVG, "g");
    this.svg.append(this.marks);
    this.osd.canvas.append(this.svg);
    for (const event of ["update-viewport", "open", "resize"]) this.osd.addHandler(event, () => this.place());
    this.image = null; // what is told of the image that is open
    this.shown = ""; // which contours
    this.visible = true;
  }

  // opens another image, or only brings new contours where it is open already
  show(image, before) {
    if (!image || !image.height) return this.close();
    if (this.image?.id !== image.id || !this.osd.isOpen()) {
      this.close();
      this.osd.open(this.tiles(image, "look", "jpg", ""));
      this.osd.addOnceHandler("open", () => this.bring(before));
    }
    this.image = image;
    if (this.osd.isOpen()) this.bring(before);
  }

  close() {
    this.image = null;
    this.shown = "";
    this.mark([]);
    this.osd.close();
  }

  tiles(image, kind, ending, version) {
    const top = image.levels - 1;
    return {
      width: image.width, height: image.height, tileSize: 256, minLevel: 0, maxLevel: top,
      getTileUrl: (level, x, y) => address(image.id, `/${kind}/${top - level}/${x}_${y}.${ending}${version}`),
      hasTransparency: () => ending === "png",
    };
  }

  // contours of the version that holds now; the old ones stay until the new ones are there
  bring(before) {
    const image = this.image;
    const wanted = before ? "before" : image.has_cells ? image.version : "";
    if (wanted === this.shown) return;
    this.shown = wanted;
    const old = [];
    for (let i = 1; i < this.osd.world.getItemCount(); i++) old.push(this.osd.world.getItemAt(i));
    const drop = () => old.splice(0).forEach(item => this.osd.world.removeItem(item));
    if (!wanted) return drop();
    const kind = before ? "before" : "cells", version = before ? `?v=${image.version}` : `?v=${wanted}`;
    this.osd.addTiledImage({
      tileSource: this.tiles(image, kind, "png", version),
      opacity: this.visible ? 1 : 0, preload: true,
      success: ({item}) => {
        if (item.getFullyLoaded()) return drop();
        item.addOnceHandler("fully-loaded-change", drop);
        setTimeout(drop, FADE);
      },
    });
  }

  setVisible(visible) {
    this.visible = visible;
    for (let i = 1; i < this.osd.world.getItemCount(); i++) this.osd.world.getItemAt(i).setOpacity(visible ? 1 : 0);
  }

  // where a place of the window lies in the image
  imagePoint(position) {
    const point = this.osd.world.getItemAt(0).viewerElementToImageCoordinates(position);
    return [Math.round(point.x * 100) / 100, Math.round(point.y * 100) / 100];
  }

  lookAt(cell) {
    const item = this.osd.world.getItemAt(0), [x0, y0, x1, y1] = cell.box;
    const side = Math.max(x1 - x0, y1 - y0) * 6;
    const shown = item.viewportToImageRectangle(this.osd.viewport.getBounds());
    const inside = x0 > shown.x && y0 > shown.y && x1 < shown.x + shown.width && y1 < shown.y + shown.height;
    if (inside && shown.width < 4 * side) return;
    const rect = item.imageToViewportRectangle(cell.x - side / 2, cell.y - side / 2, side, side);
    this.osd.viewport.fitBounds(rect);
  }

  // shapes over the image: {rings: [[x, y], …][], kind}
  mark(shapes) {
    this.marks.replaceChildren(...shapes.map(({rings, kind}) => {
      const path = document.createElementNS(SVG, "path");
      const end = kind === "trail" ? "" : "Z";
      path.setAttribute("d", rings.map(ring => `M${ring.map(point => point.join(" ")).join("L")}${end}`).join(""));
      path.setAttribute("class", kind);
      return path;
    }));
    this.place();
  }

  place() {
    const item = this.osd.world.getItemAt(0);
    if (!item) return;
    const zero = item.imageToViewerElementCoordinates(new OpenSeadragon.Point(0, 0));
    const one = item.imageToViewerElementCoordinates(new OpenSeadragon.Point(1, 0));
    this.marks.setAttribute("transform", `translate(${zero.x} ${zero.y}) scale(${one.x - zero.x})`);
  }
}
