// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Points straight from their 12-byte records: `x16 | y16<<16`, `z16 | 0`, `r | g<<8 | b<<16`. Beside them a class and a
 * confidence (or another class) per record, and `channel`, four more bytes, fetched when a mode wants them. A tile without them reads what
 * `prepareContext` put in their place.
 */
import {
  glslColor,
  glslColors,
  HEIGHT_RAMP,
  INTENSITY_RAMP,
  RIGHT_COLOR,
  UNKNOWN_COLOR,
  UNSURE_RAMP,
  WRONG_COLOR,
} from "../ramps";

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
uniform float uFixed;         // Diameter in pixels, however far; 0: by distance.
uniform float uPixelsPerUnit; // At distance 1.
uniform vec2 uPixelRange;
uniform float uFrame;         // Parallel projection: all is drawn as at this distance. 0: perspective.
uniform int uMode;            // Index into COLOR_MODES.
uniform bool uPick;
uniform sampler2D uPalette;
uniform float uStrength;      // Of what lies over the scan's own colours.
uniform vec3 uUp;
uniform vec2 uHeights;        // Lowest and highest of the ramp.
uniform vec3 uClipLow;        // What is outside this box is not there.
uniform vec3 uClipHigh;
uniform vec4 uNear;           // Beyond this radius (w) of a place points fade; 0: none do.
uniform mat3 uFacing;         // Colours of surfaces that face x, y, z.
layout(location = 0) in uvec3 position;
layout(location = ${LABEL_LOCATION}) in uvec2 label;
layout(location = ${CHANNEL_LOCATION}) in uvec4 channel;
flat out vec3 vColor;
flat out uint vId;
flat out float vPixels;

vec3 heightRamp(float t) {
  const vec3 colors[${HEIGHT_RAMP.length}] = ${glslColors(HEIGHT_RAMP)};
  float place = clamp(t, 0.0, 1.0) * ${(HEIGHT_RAMP.length - 1).toFixed(1)};
  int at = min(int(place), ${HEIGHT_RAMP.length - 2});
  return mix(colors[at], colors[at + 1], place - float(at));
}

vec3 unsureRamp(float t) {
  const vec3 colors[${UNSURE_RAMP.length}] = ${glslColors(UNSURE_RAMP)};
  float place = clamp(t, 0.0, 1.0) * ${(UNSURE_RAMP.length - 1).toFixed(1)};
  int at = min(int(place), ${UNSURE_RAMP.length - 2});
  return mix(colors[at], colors[at + 1], place - float(at));
}

vec3 intensityRamp(float t) {
  const vec3 colors[${INTENSITY_RAMP.length}] = ${glslColors(INTENSITY_RAMP)};
  return mix(colors[0], colors[1], t);
}

/** As objectColor in ramps.ts. */
vec3 objectColor(uint number, uint label) {
  float turn = fract(float(number) * 0.61803398875 + float(label) * 0.137);
  float light = (number & 1u) == 0u ? 1.0 : 0.72;
  vec3 hue = abs(fract(turn + vec3(0.0, 2.0 / 3.0, 1.0 / 3.0)) * 6.0 - 3.0) - 1.0;
  return light * (0.25 + 0.75 * clamp(hue, 0.0, 1.0));
}

void main() {
  vec3 q = vec3(float(position.x & 0xffffu), float(position.x >> 16), float(position.y & 0xffffu));
  vec3 place = uLo + uStep * q;
  vId = uBase + uint(gl_VertexID) + 1u;
  vColor = vec3(0.0);
  vPixels = 1.0;
  gl_PointSize = 1.0;
  if (any(lessThan(place, uClipLow)) || any(greaterThan(place, uClipHigh))) {
    gl_Position = vec4(2.0, 2.0, 2.0, 1.0); // Outside the picture.
    return;
  }
  vec4 eye = modelViewMatrix * vec4(place, 1.0);
  gl_Position = projectionMatrix * eye;
  float away = uFrame > 0.0 ? uFrame : max(-eye.z, 1e-6);
  vPixels = uFixed > 0.0 ? uFixed * min(uCoverage, 2.0)
    : clamp(uSize * uCoverage * uPixelsPerUnit / away, uPixelRange.x, uPixelRange.y);
  gl_PointSize = vPixels;
  if (uPick) return;
  vec3 rgb = vec3(float(position.z & 255u), float((position.z >> 8) & 255u), float((position.z >> 16) & 255u)) / 255.0;
  float grey = dot(rgb, vec3(0.299, 0.587, 0.114));
  // Shading from the scan stays in the colours over it, so that shapes can still be read.
  float shade = 0.55 + 0.6 * grey;
  float confidence = float(label.y) / 255.0;
  if (uMode == 1 || uMode == 2) {
    if (label.x != 255u)
      rgb = mix(rgb, texelFetch(uPalette, ivec2(int(label.x), 0), 0).rgb * shade, uStrength * (0.15 + 0.85 * confidence));
  } else if (uMode == 3) {
    rgb = mix(rgb, unsureRamp(label.x == 255u ? 1.0 : 1.0 - confidence) * shade, uStrength);
  } else if (uMode == 4) {
    uint number = channel.x | (channel.y << 8);
    rgb = number == 0u ? mix(rgb, vec3(grey) * 0.7, uStrength) : mix(rgb, objectColor(number, channel.z) * shade, uStrength);
  } else if (uMode == 5) {
    rgb = heightRamp((dot(place, uUp) - uHeights.x) / (uHeights.y - uHeights.x));
  } else if (uMode == 6) {
    rgb = intensityRamp(float(channel.x | (channel.y << 8)) / 65535.0);
  } else if (uMode == 7) {
    vec3 n = vec3(channel.xyz) / 127.5 - 1.0;
    float size = dot(n, n);
    rgb = vec3(0.35);
    if (channel.w > 0u && size > 0.0) {
      vec3 sight = uFrame > 0.0 ? vec3(0.0, 0.0, 1.0) : normalize(eye.xyz);
      float facing = abs(dot(mat3(modelViewMatrix) * n, sight)) * inversesqrt(size);
      rgb = uFacing * (n * n / size) * (0.5 + 0.5 * facing);
    }
  } else if (uMode == 8) {
    rgb = vec3(channel.rgb) / 255.0;
  } else if (uMode == 9 || uMode == 10) {
    // The true class, and beside it the one of the labels.
    vec3 over = ${glslColor(UNKNOWN_COLOR)};
    if (label.x != 255u && uMode == 9) over = texelFetch(uPalette, ivec2(int(label.x), 0), 0).rgb;
    else if (label.x != 255u) over = label.x == label.y ? ${glslColor(RIGHT_COLOR)} : ${glslColor(WRONG_COLOR)};
    rgb = mix(rgb, over * shade, uStrength);
  }
  if (uNear.w > 0.0) {
    float faded = smoothstep(uNear.w, uNear.w * 1.12, distance(place, uNear.xyz));
    rgb = mix(rgb, vec3(dot(rgb, vec3(0.299, 0.587, 0.114)) * 0.3 + 0.07), 0.9 * faded);
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
