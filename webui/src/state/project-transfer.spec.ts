// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { ApiError, NetworkError } from "../api/client";
import type { ProjectUploadApi } from "../api/moving";
import type { Job, Upload } from "../api/types";
import { SLICE_BYTES } from "./pieces";
import { sendProject } from "./project-transfer";

const SIZE = 2 * SLICE_BYTES + 5;
const never = new AbortController().signal;

/** A server that keeps how much it has, and fails where it is told to. */
class FakeServer implements ProjectUploadApi {
  uploads: Upload[] = [];
  calls: string[] = [];
  fail: (call: string) => Error | null = () => null;

  private called(call: string): void {
    this.calls.push(call);
    const error = this.fail(call);
    if (error) throw error;
  }

  private find(id: number): Upload {
    const found = this.uploads.find((upload) => upload.id === id);
    if (!found) throw new ApiError(404, "not_found", "There is no such upload.");
    return found;
  }

  begin: ProjectUploadApi["begin"] = async ({ name, bytes, fingerprint }) => {
    this.called("begin");
    const known = this.uploads.find((u) => u.fingerprint === fingerprint && u.name === name);
    if (known) return { ...known };
    const upload = { id: this.uploads.length + 1, name, bytes, fingerprint, received: 0 };
    this.uploads.push({ ...upload, state: "receiving" } as Upload);
    return { ...this.uploads.at(-1)! };
  };

  read: ProjectUploadApi["read"] = async (id) => {
    this.called("read");
    return { ...this.find(id) };
  };

  put: ProjectUploadApi["put"] = async (id, offset, bytes, onProgress) => {
    this.called(`put ${offset}`);
    const upload = this.find(id);
    expect(offset).toBe(upload.received);
    onProgress(bytes.byteLength / 2);
    upload.received += bytes.byteLength;
    if (upload.received === upload.bytes) upload.state = "received";
    return { ...upload };
  };

  toProject: ProjectUploadApi["toProject"] = async (id) => {
    this.called("toProject");
    expect(this.find(id).received).toBe(SIZE);
    return { id: 70 + id } as Job;
  };

  cancel = async (): Promise<unknown> => undefined;
}

function file(): File {
  return new File([new Uint8Array(SIZE)], "office.zip", { lastModified: 1 });
}

function watching() {
  const seen = { sent: [] as number[], offline: [] as (string | null)[], began: [] as number[] };
  const told = {
    sent: (bytes: number) => void seen.sent.push(bytes),
    began: (upload: Upload) => void seen.began.push(upload.id),
    offline: (reason: string | null) => void seen.offline.push(reason),
  };
  return { seen, told };
}

const atOnce = () => Promise.resolve();

describe("a project's file", () => {
  it("goes in pieces and becomes a job", async () => {
    const server = new FakeServer();
    const { seen, told } = watching();
    expect((await sendProject(file(), told, never, server, atOnce)).id).toBe(71);
    expect(server.calls).toEqual([
      "begin",
      "put 0",
      `put ${SLICE_BYTES}`,
      `put ${2 * SLICE_BYTES}`,
      "toProject",
    ]);
    expect(seen.sent).toEqual([...seen.sent].sort((a, b) => a - b));
    expect(seen.sent.at(-1)).toBe(SIZE);
  });

  it("goes on where it stopped after a lost connection", async () => {
    const server = new FakeServer();
    const { seen, told } = watching();
    let lost = 0;
    server.fail = (call) =>
      call === `put ${SLICE_BYTES}` && ++lost <= 3 ? new NetworkError() : null;
    await sendProject(file(), told, never, server, atOnce);
    expect(server.calls.filter((call) => call === "put 0")).toHaveLength(1);
    expect(server.calls.filter((call) => call === "read")).toHaveLength(3);
    expect(seen.offline.filter((reason) => reason !== null)).toHaveLength(3);
    expect(seen.offline.at(-1)).toBeNull();
  });

  it("goes on after a reload, when it is chosen again", async () => {
    const server = new FakeServer();
    const stop = new AbortController();
    server.fail = (call) => {
      if (call !== `put ${SLICE_BYTES}`) return null;
      stop.abort();
      return new DOMException("Stopped.", "AbortError");
    };
    const left = sendProject(file(), watching().told, stop.signal, server, atOnce);
    await expect(left).rejects.toThrow("Stopped.");
    server.fail = () => null;
    server.calls = [];
    const { seen, told } = watching();
    await sendProject(file(), told, never, server, atOnce);
    expect(server.calls.slice(0, 2)).toEqual(["begin", `put ${SLICE_BYTES}`]);
    expect(seen.sent[0]).toBe(SLICE_BYTES);
    expect(server.uploads).toHaveLength(1);
  });

  it("asks again for the job when the answer is lost", async () => {
    const server = new FakeServer();
    let asked = 0;
    server.fail = (call) => (call === "toProject" && ++asked === 1 ? new NetworkError() : null);
    const job = await sendProject(file(), watching().told, never, server, atOnce);
    expect([job.id, asked]).toEqual([71, 2]);
  });

  it("stops at a refusal", async () => {
    const server = new FakeServer();
    const refusal = new ApiError(422, "damaged_archive", "It is no archive of a project.");
    server.fail = (call) => (call === "toProject" ? refusal : null);
    const sent = sendProject(file(), watching().told, never, server, atOnce);
    await expect(sent).rejects.toBe(refusal);
  });
});
