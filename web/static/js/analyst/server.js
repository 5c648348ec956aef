// Talking to the server from the editor: JSON with the CSRF token; a log-in that expired loses nothing.
import { t } from "../words.js";

let token = document.querySelector('meta[name="csrf-token"]').content;

export class Refused extends Error {
  constructor(status, body) {
    super(body.detail || "");
    this.status = status;
    this.body = body;
  }
}

async function send(url, body) {
  return fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token },
    body: JSON.stringify(body),
  });
}

// After a new log-in in another window the page's token is of the old session: fetch the present one.
async function renewed(page) {
  const answer = await fetch(page, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return false;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector('meta[name="csrf-token"]');
  if (!fresh || fresh.content === token) return false;
  token = fresh.content;
  return true;
}

/** Posts and gives the answer's JSON; throws `Refused` for an answer that is no success. */
export async function post(url, body, page) {
  let answer;
  try {
    answer = await send(url, body);
    if (answer.status === 400 && (await renewed(page))) answer = await send(url, body);
  } catch {
    throw new Refused(0, { detail: t("网络不通，内容没有保存到服务器；本页内容还在，稍后会再试。") });
  }
  const type = answer.headers.get("Content-Type") || "";
  const data = type.includes("json") ? await answer.json() : {};
  if (answer.ok) return data;
  if (answer.status === 401) data.detail = t("登录已过期。请在新窗口登录后再操作；本页内容还在。");
  throw new Refused(answer.status, { detail: t("服务器没有接受，请稍后再试；本页内容还在。"), ...data });
}
