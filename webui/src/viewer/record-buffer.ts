// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * A few bytes for each of the first records of a tile, on the graphics card alone: nothing of them is kept on this
 * side. Grows and shrinks by copies that never leave the card.
 */
import { GLBufferAttribute, IntType } from "three";

/** An attribute of whole numbers in the vertex shader. */
export interface RecordKind {
  readonly components: number;
  readonly wide: boolean; // 32 bits per component, else 8.
}

export class RecordBuffer {
  private buffer: WebGLBuffer | null = null;
  private capacity = 0; // Records.
  readonly itemBytes: number;

  constructor(
    private readonly gl: WebGL2RenderingContext,
    private readonly kind: RecordKind,
  ) {
    this.itemBytes = kind.components * (kind.wide ? 4 : 1);
  }

  dispose(): void {
    this.gl.deleteBuffer(this.buffer);
    this.buffer = null;
    this.capacity = 0;
  }

  get bytes(): number {
    return this.capacity * this.itemBytes;
  }

  /** Make room for exactly so many records; the first ones stay. Returns whether there is a new attribute. */
  resize(records: number): boolean {
    if (records === this.capacity) return false;
    const { gl } = this;
    const old = this.buffer;
    const kept = Math.min(records, this.capacity) * this.itemBytes;
    this.buffer = gl.createBuffer();
    gl.bindBuffer(gl.COPY_WRITE_BUFFER, this.buffer);
    gl.bufferData(gl.COPY_WRITE_BUFFER, records * this.itemBytes, gl.STATIC_DRAW);
    if (old && kept > 0) {
      gl.bindBuffer(gl.COPY_READ_BUFFER, old);
      gl.copyBufferSubData(gl.COPY_READ_BUFFER, gl.COPY_WRITE_BUFFER, 0, 0, kept);
      gl.bindBuffer(gl.COPY_READ_BUFFER, null);
    }
    gl.bindBuffer(gl.COPY_WRITE_BUFFER, null);
    gl.deleteBuffer(old);
    this.capacity = records;
    return true;
  }

  /** Overwrite the records from `from` on; there must be room. */
  write(from: number, data: Uint8Array | Uint32Array): void {
    const { gl } = this;
    gl.bindBuffer(gl.COPY_WRITE_BUFFER, this.buffer);
    gl.bufferSubData(gl.COPY_WRITE_BUFFER, from * this.itemBytes, data);
    gl.bindBuffer(gl.COPY_WRITE_BUFFER, null);
  }

  /** The bytes of one record, asked back from the card: for single records, not for many. */
  read(record: number): Uint8Array {
    const { gl } = this;
    const bytes = new Uint8Array(this.itemBytes);
    gl.bindBuffer(gl.COPY_READ_BUFFER, this.buffer);
    gl.getBufferSubData(gl.COPY_READ_BUFFER, record * this.itemBytes, bytes);
    gl.bindBuffer(gl.COPY_READ_BUFFER, null);
    return bytes;
  }

  /** For three.js; a new one after `resize` made another buffer. */
  attribute(): GLBufferAttribute {
    const { gl, kind } = this;
    if (!this.buffer) throw new Error("A buffer without room has no attribute");
    const type = kind.wide ? gl.UNSIGNED_INT : gl.UNSIGNED_BYTE;
    const attribute = new GLBufferAttribute(
      this.buffer,
      type,
      kind.components,
      kind.wide ? 4 : 1,
      this.capacity,
    );
    return Object.assign(attribute, { gpuType: IntType }); // Whole numbers stay whole numbers.
  }
}
