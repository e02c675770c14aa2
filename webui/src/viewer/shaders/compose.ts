// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The finished point image onto the canvas, with eye-dome lighting (darkened depth steps) where wanted. */
export const COMPOSE_VERTEX = /* glsl */ `
precision highp float;
in vec3 position;
void main() { gl_Position = vec4(position.xy, 0.0, 1.0); }`;

export const COMPOSE_FRAGMENT = /* glsl */ `
precision highp float;
precision highp int;
uniform sampler2D uColor;
uniform sampler2D uDepth;
uniform vec2 uPixels;
uniform vec2 uNearFar;
uniform float uShade;      // 0 off
uniform float uReach;      // Neighbour distance in pixels.
uniform float uSpacing;    // Steps smaller than the points' spacing are texture, not shape.
uniform vec3 uBackground;
uniform float uFrame;      // Parallel projection: the distance as at which all is drawn. 0: perspective.
out vec4 oColor;

float logDistance(float depth) {
  float z = depth * 2.0 - 1.0;
  // In parallel projection depth is even, and a step counts against the size of the picture.
  if (uFrame > 0.0) return mix(uNearFar.x, uNearFar.y, depth) / uFrame * 1.4427;
  return log2(2.0 * uNearFar.x * uNearFar.y / (uNearFar.y + uNearFar.x - z * (uNearFar.y - uNearFar.x)));
}

// A jump in depth darkens no more than this, and shading fades where points are as large as this part of the
// picture's height: it would draw the outline of each point instead of the shape that they are on.
const float JUMP = 0.15;
const vec2 LARGE = vec2(0.008, 0.03);

void main() {
  ivec2 here = ivec2(gl_FragCoord.xy);
  float depth = texelFetch(uDepth, here, 0).r;
  if (depth >= 1.0) {
    float fall = gl_FragCoord.y / uPixels.y;
    oColor = vec4(uBackground * (0.86 + 0.28 * fall), 1.0);
    return;
  }
  vec3 color = texelFetch(uColor, here, 0).rgb;
  if (uShade > 0.0) {
    float mine = logDistance(depth);
    float step = 0.0;
    float part = 1.5 * uSpacing / (uFrame > 0.0 ? uFrame : exp2(mine));
    float grain = (uFrame > 0.0 ? 4.0 * uSpacing / uFrame : 1.6 * uSpacing / exp2(mine));
    for (int i = 0; i < 8; i++) {
      float a = float(i) * 0.7853981634;
      ivec2 there = clamp(here + ivec2(round(vec2(cos(a), sin(a)) * uReach)), ivec2(0), ivec2(uPixels) - 1);
      float other = texelFetch(uDepth, there, 0).r;
      if (other < 1.0) step += clamp(mine - logDistance(other) - grain, 0.0, JUMP);
    }
    color *= exp(-step * 0.125 * 300.0 * uShade * mix(1.0, 0.35, smoothstep(LARGE.x, LARGE.y, part)));
  }
  oColor = vec4(color, 1.0);
}`;
