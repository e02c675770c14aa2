// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Requests to the server: one error type, verified answers, addresses relative to where the app is served. */
import { integer, list, object, text, type Verifier } from "../util/verify";
import type * as api from "./types";
import * as verify from "./verify";

/** The server refused, or what it sent made no sense. `message` is fit to be shown. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

/** No answer arrived: the network, the server or a proxy is down. Worth trying again. */
export class NetworkError extends Error {
  constructor() {
    super("The server cannot be reached. Check that it is running and that you are online.");
    this.name = "NetworkError";
  }
}

/** Whether the same request may succeed later: nobody refused it, something was down or busy. */
export function isPassing(error: unknown): boolean {
  if (error instanceof NetworkError) return true;
  return error instanceof ApiError && (error.status >= 500 || BUSY.has(error.status));
}

const BUSY = new Set([408, 425, 429]); // Timeout, too early, too many requests.

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

/** A sentence for people, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function apiUrl(path: string): string {
  return new URL(`api/v1${path}`, document.baseURI).href;
}

const problem = object({ error: object({ code: text, message: text }) });

/** Turn a non-2xx body into an `ApiError`; proxies in between may send anything, so nothing is taken for granted. */
export function toApiError(status: number, body: string): ApiError {
  try {
    const { error } = problem(JSON.parse(body));
    return new ApiError(status, error.code, error.message);
  } catch {
    return new ApiError(
      status,
      "unexpected",
      `The server answered ${status} without saying why. Try again; if it stays, look at the server's log.`,
    );
  }
}

let onSignedOut: () => void = () => undefined;

/** Called on any 401 except while signing in. */
export function setSignedOutHandler(handler: () => void): void {
  onSignedOut = handler;
}

interface Options {
  body?: unknown;
  raw?: Blob;
  type?: string; // Of `raw`.
  headers?: Record<string, string>;
  signal?: AbortSignal;
  keepalive?: boolean;
  cache?: RequestCache;
  known?: string; // Entity tag of what is here already; a 304 is an answer then.
}

export async function send(method: string, path: string, options: Options = {}): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json", ...options.headers };
  if (options.known !== undefined) headers["If-None-Match"] = options.known;
  let body: BodyInit | null = null;
  if (options.raw) {
    body = options.raw;
    headers["Content-Type"] = options.type ?? "application/octet-stream";
  } else if (options.body !== undefined) {
    body = JSON.stringify(options.body);
    headers["Content-Type"] = "application/json";
  }
  let response: Response;
  try {
    response = await fetch(apiUrl(path), {
      method,
      headers,
      body,
      credentials: "same-origin",
      keepalive: options.keepalive ?? false,
      cache: options.cache ?? "default",
      signal: options.signal ?? null,
    });
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new NetworkError();
  }
  const unchanged = response.status === 304 && options.known !== undefined;
  if (!response.ok && !unchanged) {
    if (response.status === 401 && path !== "/session") onSignedOut();
    throw toApiError(response.status, await response.text().catch(() => ""));
  }
  return response;
}

export async function request<T>(
  method: string,
  path: string,
  check: Verifier<T>,
  options: Options = {},
): Promise<T> {
  const response = await send(method, path, options);
  let value: unknown;
  try {
    value = await response.json();
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new NetworkError(); // The connection broke in the middle of the body.
  }
  return check(value);
}

/** Read every page of a list, in order. */
export async function all<T>(path: string, check: Verifier<T>, signal?: AbortSignal): Promise<T[]> {
  const items: T[] = [];
  const join = path.includes("?") ? "&" : "?";
  for (;;) {
    const part = await request(
      "GET",
      `${path}${join}offset=${items.length}&limit=200`,
      verify.page(check),
      signal ? { signal } : {},
    );
    items.push(...part.items);
    if (part.items.length === 0 || items.length >= part.total) return items;
  }
}

export const session = {
  get: () => request("GET", "/session", verify.user),
  signIn: (token: string) => request("POST", "/session", verify.user, { body: { token } }),
  signOut: () => send("DELETE", "/session"),
  people: () => all("/people", verify.person),
  invite: (name: string, role: api.User["role"]) =>
    request("POST", "/invitations", verify.invitation, { body: { name, role } }),
};

export const projects = {
  presets: () => request("GET", "/presets", list(verify.preset)),
  list: () => all("/projects", verify.project),
  get: (id: number) => request("GET", `/projects/${id}`, verify.project),
  create: (body: api.NewProject) => request("POST", "/projects", verify.project, { body }),
  update: (id: number, body: api.ProjectChange) =>
    request("PATCH", `/projects/${id}`, verify.project, { body }),
  remove: (id: number) => send("DELETE", `/projects/${id}`),
  setClasses: (id: number, body: api.NewLabelClass[]) =>
    request("PUT", `/projects/${id}/classes`, verify.project, { body }),
  /** Part of the list; `params` say which scans and in which order. */
  scans: (id: number, params: URLSearchParams, signal: AbortSignal) =>
    request("GET", `/projects/${id}/scans?${params.toString()}`, verify.scanPage, { signal }),
  /** Ids of part of the list, in its order. */
  scanIds: (id: number, params: URLSearchParams) =>
    request("GET", `/projects/${id}/scan-ids?${params.toString()}`, list(integer)),
  /** Who has answered something. */
  authors: (id: number) => request("GET", `/projects/${id}/authors`, list(verify.author)),
  /** Do something to many scans, or with `dry_run` only ask what would be done. */
  bulk: (id: number, body: api.BulkRequest) =>
    request("POST", `/projects/${id}/scans/bulk`, verify.bulkResult, { body }),
  /** The scan to go on with, other than the one just labelled; null if there is none. */
  nextScan: async (id: number, after?: number): Promise<api.NextScan | null> => {
    const path = `/projects/${id}/next-scan${after === undefined ? "" : `?without=${after}`}`;
    return (await request("GET", path, list(verify.nextScan)))[0] ?? null;
  },
  pace: (id: number) => request("GET", `/projects/${id}/pace`, verify.pace),
  /** Jobs that run or wait, in the order in which people look for them; or the newest that are over. */
  jobs: (
    id: number,
    { active, offset, limit }: { active: boolean; offset: number; limit: number },
  ) =>
    request(
      "GET",
      `/jobs?project_id=${id}&active=${active}&offset=${offset}&limit=${limit}`,
      verify.page(verify.job),
    ),
  /** What somebody who labels a scan is told of: the newest jobs of the scan, and what runs in the project. */
  jobsAround: async (id: number, scanId: number): Promise<api.Job[]> => {
    const [own, active] = await Promise.all([
      request("GET", `/jobs?scan_id=${scanId}&limit=100`, verify.page(verify.job)),
      projects.jobs(id, { active: true, offset: 0, limit: 30 }),
    ]);
    const known = new Set(own.items.map((job) => job.id));
    return [...own.items, ...active.items.filter((job) => !known.has(job.id))];
  },
  /** The newest trainings, whatever became of them. */
  trainings: async (id: number): Promise<api.Job[]> => {
    const path = `/jobs?project_id=${id}&kind=finetune&limit=50`;
    return (await request("GET", path, verify.page(verify.job))).items;
  },
  jobGroups: (id: number) => request("GET", `/projects/${id}/job-groups`, list(verify.jobGroup)),
  cancelJobs: (id: number, kind: api.Job["kind"], batch: number | null) =>
    send("POST", `/projects/${id}/job-groups/cancel`, { body: { kind, batch } }),
  readiness: (id: number) => request("GET", `/projects/${id}/training/readiness`, verify.readiness),
  train: (id: number, body: api.NewTraining) =>
    request("POST", `/projects/${id}/trainings`, verify.job, { body }),
  checkpoints: (id: number) => all(`/projects/${id}/checkpoints`, verify.checkpoint),
  exports: (id: number) => all(`/projects/${id}/exports`, verify.exportFile),
};

/** The network that everything starts from. */
export const network = { get: () => request("GET", "/network", verify.network) };

export const scans = {
  get: (id: number) => request("GET", `/scans/${id}`, verify.scan),
  update: (id: number, body: api.ScanChange) =>
    request("PATCH", `/scans/${id}`, verify.scan, { body }),
  remove: (id: number) => send("DELETE", `/scans/${id}`),
  retry: (id: number) => request("POST", `/scans/${id}/retry`, verify.job),
  preflight: (id: number) => request("GET", `/scans/${id}/preflight`, verify.preflight),
  /** One more query, chosen from the answers as they are now. */
  nextPoint: (id: number) => request("POST", `/scans/${id}/next-point`, verify.query),
  tiles: (id: number, signal: AbortSignal) =>
    request("GET", `/scans/${id}/tiles.json`, verify.tileManifest, { signal }),
  /** What else than its colours can be seen of the scan's points. */
  channels: (id: number, signal?: AbortSignal) =>
    request("GET", `/scans/${id}/channels`, list(verify.channel), signal ? { signal } : {}),
  /** Have a channel made that is missing. */
  makeChannel: (id: number, name: api.ChannelName) =>
    request("POST", `/scans/${id}/channels/${name}`, verify.job),
  /** Whether there is a ground truth; for leads only. */
  truth: (id: number) => request("GET", `/scans/${id}/truth`, verify.truthState),
  /** Have made what dense labels need, where it is missing. */
  prepare: (id: number) => request("POST", `/scans/${id}/features`, verify.job),
  /** Row of the imported scan of a record in tile order. */
  rowOf: async (id: number, recordIndex: number, signal: AbortSignal): Promise<number> => {
    const from = recordIndex * 4;
    const bytes = await fetchRange(`/scans/${id}/order.bin`, from, from + 4, signal);
    return new DataView(bytes).getUint32(0, true);
  },
  queries: (id: number) => request("GET", `/scans/${id}/queries`, list(verify.query)),
  answers: (id: number) => request("GET", `/scans/${id}/answers`, list(verify.answer)),
  select: (id: number, body: api.NewRound) =>
    request("POST", `/scans/${id}/rounds`, verify.job, { body }),
  answer: (id: number, body: api.NewAnswer) =>
    request("POST", `/scans/${id}/answers`, verify.answer, { body }),
  importAnswers: (id: number, file: File) =>
    request(
      "POST",
      `/scans/${id}/answers/import?name=${encodeURIComponent(file.name)}`,
      verify.answersImported,
      { raw: file, type: "text/csv" },
    ),
  note: (id: number, body: api.NewNote) =>
    request("POST", `/scans/${id}/notes`, verify.note, { body }),
  redo: (id: number, clientId: string) =>
    request("POST", `/scans/${id}/redo`, verify.redone, { body: { client_id: clientId } }),
  undo: (id: number, clientId: string) =>
    request("POST", `/scans/${id}/undo`, verify.undone, { body: { client_id: clientId } }),
};

export const queries = {
  lease: (id: number) => request("POST", `/queries/${id}/lease`, verify.query),
};

export const jobs = {
  cancel: (id: number) => request("POST", `/jobs/${id}/cancel`, verify.job),
};

/** Bytes `from … to` (exclusive) of a file; the server must honour the range. */
export async function fetchRange(
  path: string,
  from: number,
  to: number,
  signal: AbortSignal,
): Promise<ArrayBuffer> {
  const response = await send("GET", path, {
    headers: { Accept: "application/octet-stream", Range: `bytes=${from}-${to - 1}` },
    // Chromium's cache now and then never ends one of several ranges of a file that it revalidates at once.
    cache: "no-store",
    signal,
  });
  let bytes = await bytesOf(response);
  if (response.status === 200) bytes = bytes.slice(from, to); // A proxy dropped the range.
  if (bytes.byteLength !== to - from)
    throw new ApiError(
      response.status,
      "short_file",
      `The server sent ${bytes.byteLength} bytes of the scan instead of ${to - from}. Reload the page; if it stays, import the scan again.`,
    );
  return bytes.buffer;
}

export async function bytesOf(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new NetworkError(); // The connection broke in the middle of the body.
  }
}
