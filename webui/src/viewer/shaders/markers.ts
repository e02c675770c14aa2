// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Markers keep their size on screen and are drawn over everything; whether the scan hides their point is looked up in
 * the depth of the point image and shown by a dashed ring (query) or a fainter disc (answers).
 */
export const MARKERS_VERTEX = /* glsl */ `
precision highp float;
precision highp int;
uniform mat4 modelViewMatrix;
uniform mat4 projectionMatrix;
uniform sampler2D uDepth;
uniform vec2 uPixels;
uniform float uRatio;     // Device pixels per CSS pixel.
uniform float uSlack;     // Points nearer to a marked point than this, in the scan's unit, do not hide it.
uniform vec2 uNearFar;
uniform float uAnswerRadius;
uniform bool uParallel;   // Parallel projection: depth is even.
in vec3 position;
in vec3 aColor;
in float aKind;           // 0 query, 1 picked point, 2 answer with a class, 3 answer without, 4 open query
flat out vec3 vColor;
flat out int vKind;
flat out float vRadius;
flat out float vHidden;

float distanceOf(float depth) {
  if (uParallel) return mix(uNearFar.x, uNearFar.y, depth);
  float z = depth * 2.0 - 1.0;
  return 2.0 * uNearFar.x * uNearFar.y / (uNearFar.y + uNearFar.x - z * (uNearFar.y - uNearFar.x));
}

void main() {
  vec4 eye = modelViewMatrix * vec4(position, 1.0);
  gl_Position = projectionMatrix * eye;
  vKind = int(aKind + 0.5);
  float radius = vKind <= 1 ? 23.0 : (vKind == 4 ? 5.0 : uAnswerRadius);
  vRadius = radius;
  gl_PointSize = 2.0 * radius * uRatio;
  vColor = aColor;
  vHidden = 0.0;
  vec2 at = (gl_Position.xy / gl_Position.w * 0.5 + 0.5) * uPixels;
  if (gl_Position.w > 0.0 && all(greaterThan(at, vec2(0.0))) && all(lessThan(at, uPixels))) {
    float farthest = 0.0;
    for (int y = -2; y <= 2; y++)
      for (int x = -2; x <= 2; x++) {
        ivec2 p = clamp(ivec2(at) + ivec2(x, y), ivec2(0), ivec2(uPixels) - 1);
        farthest = max(farthest, distanceOf(texelFetch(uDepth, p, 0).r));
      }
    if (farthest < -eye.z * 0.99 - uSlack) vHidden = 1.0;
  }
}`;

export const MARKERS_FRAGMENT = /* glsl */ `
precision highp float;
precision highp int;
flat in vec3 vColor;
flat in int vKind;
flat in float vRadius;
flat in float vHidden;
uniform float uRatio;
uniform bool uRingOnly;
out vec4 oColor;

vec4 over(vec4 top, vec4 below) {
  float a = top.a + below.a * (1.0 - top.a);
  return a <= 0.0 ? vec4(0.0) : vec4((top.rgb * top.a + below.rgb * below.a * (1.0 - top.a)) / a, a);
}

/** 1 inside the band of this middle and half width, soft over one device pixel. */
float band(float r, float middle, float halfWidth) {
  return clamp((halfWidth - abs(r - middle)) * uRatio + 0.5, 0.0, 1.0);
}

void main() {
  vec2 d = (gl_PointCoord - 0.5) * 2.0 * vRadius;
  float r = length(d);
  vec4 c = vec4(0.0);
  if (vKind <= 1) {
    float dash = vHidden > 0.5 ? step(0.5, fract(atan(d.y, d.x) / 6.2831853 * 12.0)) : 1.0;
    c = vec4(0.03, 0.04, 0.06, 0.62 * band(r, 18.0, 3.2));
    c = over(vec4(vColor, dash * band(r, 18.0, 1.5)), c);
    if (!uRingOnly) {
      c = over(vec4(0.03, 0.04, 0.06, 0.8 * band(r, 0.0, 4.6)), c);
      c = over(vec4(vHidden > 0.5 ? vColor : vec4(1.0).rgb, band(r, 0.0, 3.0)), c);
      if (vHidden > 0.5) c = over(vec4(0.03, 0.04, 0.06, band(r, 0.0, 1.5)), c);
    }
  } else {
    if (uRingOnly) discard;
    float strength = vHidden > 0.5 ? 0.4 : 1.0;
    if (vKind < 4) r *= 8.0 / vRadius; // Drawn for a radius of 8.
    if (vKind == 2) {
      c = vec4(0.02, 0.03, 0.05, 0.85 * band(r, 0.0, 7.2));
      c = over(vec4(1.0, 1.0, 1.0, 0.95 * band(r, 0.0, 6.2)), c);
      c = over(vec4(vColor, band(r, 0.0, 5.0)), c);
    } else if (vKind == 3) {
      c = vec4(0.02, 0.03, 0.05, 0.8 * band(r, 5.0, 2.2));
      c = over(vec4(vColor, band(r, 5.0, 1.1)), c);
    } else {
      c = vec4(0.02, 0.03, 0.05, 0.7 * band(r, 0.0, 4.0));
      c = over(vec4(vColor, band(r, 0.0, 2.6)), c);
    }
    c.a *= strength;
  }
  if (c.a < 0.004) discard;
  oColor = c;
}`;
