// The administrator's API, which is all that the console knows of the gateway.

export interface Fault {
  file?: string;
  line?: number;
  column?: number;
  expected?: string;
  found?: string;
  hint?: string;
}

// A refusal, RFC 9457, or that nobody answered (status 0).
export class Problem extends Error {
  constructor(readonly status: number, readonly detail: string, readonly faults: Fault[] = [], readonly more: Record<string, unknown> = {}) {
    super(detail);
  }
  // The gateway is of a version, or started in a way, that has no such resource.
  get absent() { return this.status === 404 || this.status === 405 || this.status === 501 || this.status === 503; }
}

export interface Me {
  name: string;
  role: "viewer" | "operator" | "administrator" | "auditor" | string;
  door?: string;
  csrf?: string;
  until?: string;
}

export interface Request {
  query?: Record<string, string | number | undefined>;
  json?: unknown;
  text?: string;
  etag?: string | null;
  signal?: AbortSignal;
}

export interface Answer<T> {
  body: T;
  etag: string | null;
}

let csrf = "";
let whenSignedOut: () => void = () => undefined;

export function carryToken(token: string) { csrf = token; }
export function onSignedOut(tell: () => void) { whenSignedOut = tell; }

// An action stands behind it, with a colon of its own: a name may have one too.
export function pathOf(...parts: string[]) {
  return "/api/v1/" + parts.map(encodeURIComponent).join("/");
}

export function urlOf(path: string, query: Request["query"] = {}) {
  const words = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined && value !== "") words.set(key, String(value));
  const text = words.toString();
  return (path.startsWith("/") ? path : "/api/v1/" + path) + (text ? "?" + text : "");
}

async function problemOf(response: Response): Promise<Problem> {
  const text = await response.text().catch(() => "");
  try {
    const json = JSON.parse(text) as Record<string, unknown>;
    const listed = Array.isArray(json.problems) ? (json.problems as Fault[]) : [];
    const own: Fault[] = json.line !== undefined || json.file !== undefined ? [json as Fault] : [];
    return new Problem(response.status, String(json.detail ?? json.title ?? response.statusText), listed.length ? listed : own, json);
  } catch {
    return new Problem(response.status, `${response.status} ${response.statusText}`);
  }
}

export async function call<T>(method: string, path: string, request: Request = {}): Promise<Answer<T>> {
  const headers: Record<string, string> = { Accept: "application/json, application/problem+json, text/plain" };
  if (method !== "GET") headers["Sluice-CSRF"] = csrf;
  if (request.etag) headers["If-Match"] = request.etag;
  let body: string | undefined;
  if (request.text !== undefined) {
    headers["Content-Type"] = "text/plain";
    body = request.text;
  } else if (request.json !== undefined) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(request.json);
  }
  let response: Response;
  try {
    response = await fetch(urlOf(path, request.query), { method, headers, body, credentials: "same-origin", cache: "no-store", signal: request.signal });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, "expected an answer of the gateway, found none; it may be starting again, or the network between is down");
  }
  if (response.status === 401 && !path.startsWith("sign-in")) whenSignedOut();
  if (!response.ok) throw await problemOf(response);
  const type = response.headers.get("Content-Type") ?? "";
  const etag = response.headers.get("ETag");
  const said = await response.text();
  return { body: (type.includes("json") && said ? JSON.parse(said) : said) as T, etag };
}

export const get = async <T,>(path: string, query?: Request["query"], signal?: AbortSignal) => (await call<T>("GET", path, { query, signal })).body;
export const post = async <T,>(path: string, json?: unknown, etag?: string | null) => (await call<T>("POST", path, { json, etag })).body;

export function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(0, error instanceof Error ? error.message : String(error));
}
