// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Points straight from their 12-byte records: `x16 | y16<<16`, `z16 | 0`, `r | g<<8 | b<<16`. Beside them a class and a
 * confidence per record, and `channel`, four more bytes, fetched when a mode wants them. A tile without them reads what
 * `prepareContext` put in their place.
 */
export const LABEL_LOCATION = 1;
export const CHANNEL_LOCATION = 2;

export const POINTS_VERTEX = /* glsl */ `
precision highp float;
precision highp int;
uniform mat4 modelViewMatrix;
uniform mat4 projectionMatrix;
uniform vec3 uLo;
uniform vec3 uStep;
uniform uint uBase;
uniform float uCoverage;      // How much larger a point is drawn to make up for points left out.
uniform float uSize;          // Diameter in the scan's unit.
uniform float uPixelsPerUnit; // At distance 1.
uniform vec2 uPixelRange;
uniform int uMode;            // Index into DRAWN_MODES of point-layer.ts.
uniform bool uPick;
uniform sampler2D uPalette;
layout(location = 0) in uvec3 position;
layout(location = ${LABEL_LOCATION}) in uvec2 label;
layout(location = ${CHANNEL_LOCATION}) in uvec4 channel;
flat out vec3 vColor;
flat out uint vId;
flat out float vPixels;

void main() {
  vec3 q = vec3(float(position.x & 0xffffu), float(position.x >> 16), float(position.y & 0xffffu));
  vec4 eye = modelViewMatrix * vec4(uLo + uStep * q, 1.0);
  gl_Position = projectionMatrix * eye;
  vPixels = clamp(uSize * uCoverage * uPixelsPerUnit / max(-eye.z, 1e-6), uPixelRange.x, uPixelRange.y);
  gl_PointSize = vPixels;
  vId = uBase + uint(gl_VertexID) + 1u;
  vColor = vec3(0.0);
  if (uPick) return;
  vec3 rgb = vec3(float(position.z & 255u), float((position.z >> 8) & 255u), float((position.z >> 16) & 255u)) / 255.0;
  float grey = dot(rgb, vec3(0.299, 0.587, 0.114));
  if (uMode == 3) {
    rgb = vec3(channel.rgb) / 255.0;
  } else if (uMode > 0) {
    float confidence = float(label.y) / 255.0;
    // Who answers must still see what a thing is where the labels are unsure; a prediction is looked at by itself.
    if (uMode == 2) rgb = vec3(grey) * 0.55 + 0.06;
    if (label.x != 255u) {
      // Shading from the scan stays in the class colour, so that shapes can still be read.
      vec3 shaded = texelFetch(uPalette, ivec2(int(label.x), 0), 0).rgb * (0.55 + 0.6 * grey);
      rgb = mix(rgb, shaded, 0.15 + 0.85 * confidence);
    }
  }
  vColor = rgb;
}`;

export const POINTS_FRAGMENT = /* glsl */ `
precision highp float;
precision highp int;
uniform bool uPick;
flat in vec3 vColor;
flat in uint vId;
flat in float vPixels;
out vec4 oColor;

void main() {
  if (vPixels > 3.0) {
    vec2 d = gl_PointCoord - 0.5;
    if (dot(d, d) > 0.25) discard;
  }
  if (uPick)
    oColor = vec4(float(vId & 255u), float((vId >> 8) & 255u), float((vId >> 16) & 255u), float(vId >> 24)) / 255.0;
  else oColor = vec4(vColor, 1.0);
}`;
