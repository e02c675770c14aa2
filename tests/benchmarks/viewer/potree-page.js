// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** A page that shows a cloud with potree-core as its README does, and tells what the benchmark asks. */
import { Potree } from "potree-core";
import { PerspectiveCamera, Scene, WebGLRenderer } from "three";

const settings = new URLSearchParams(location.search);
const canvas = document.querySelector("canvas");
const renderer = new WebGLRenderer({ canvas, antialias: false });
renderer.setPixelRatio(1);
renderer.setSize(innerWidth, innerHeight, false);
const scene = new Scene();
const camera = new PerspectiveCamera(60, innerWidth / innerHeight, 0.1, 5000);
camera.up.set(0, 0, 1);
const potree = new Potree();
potree.pointBudget = Number(settings.get("budget"));
const clouds = [];
const bench = {
  first: null, // Milliseconds since the page was asked for until enough points were drawn.
  enough: Number(settings.get("enough")),
  quietFrames: 0,
  quietSince: 0,
  drawn: 0,
  frames: 0,
  setPose(eye, target) {
    camera.position.set(...eye);
    camera.lookAt(...target);
  },
  /** Nothing is loading and nothing has changed for some frames. */
  get settled() {
    return clouds.length > 0 && this.quietFrames >= 5;
  },
};
window.bench = bench;
bench.setPose(JSON.parse(settings.get("eye")), JSON.parse(settings.get("target")));

const base = settings.get("data");
const cloud = await potree.loadPointCloud("metadata.json", base);
cloud.material.size = 1;
cloud.material.pointSizeType = 2; // Adaptive, as Potree's own viewer has it.
cloud.material.inputColorEncoding = 1;
cloud.material.outputColorEncoding = 1;
if (settings.get("node")) cloud.minNodePixelSize = Number(settings.get("node"));
scene.add(cloud);
clouds.push(cloud);

function loop() {
  requestAnimationFrame(loop);
  const result = potree.updatePointClouds(clouds, camera, renderer);
  renderer.render(scene, camera);
  bench.frames++;
  const loading = cloud.pcoGeometry.numNodesLoading;
  const changed = result.numVisiblePoints !== bench.drawn || loading > 0;
  if (changed || result.exceededMaxLoadsToGPU || result.nodeLoadPromises.length > 0) {
    bench.quietFrames = 0;
    bench.quietSince = performance.now();
  } else bench.quietFrames++;
  // What is visible counts with nodes still on their way; those that are drawn are what counts here.
  let drawn = 0;
  for (const node of cloud.visibleNodes) drawn += node.numPoints ?? node.geometryNode.numPoints;
  bench.shown = drawn;
  bench.drawn = result.numVisiblePoints;
  if (bench.first === null && drawn >= bench.enough) {
    const gl = renderer.getContext();
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4)); // Wait for the picture.
    bench.first = performance.now();
  }
}
loop();
