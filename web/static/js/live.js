// When the server does not answer a page that looks by itself: a banner that says so, until it does again.
import { toast } from "./core.js";
import { t } from "./words.js";

export default function live() {
  let banner;

  const show = (text) => {
    if (!banner) {
      banner = Object.assign(document.createElement("div"), { className: "offline", role: "alert" });
      document.body.prepend(banner);
    }
    banner.textContent = text;
  };
  const hide = () => {
    if (!banner) return;
    banner.remove();
    banner = null;
    toast(t("连接已恢复"));
  };
  const failed = () => show(t("连接中断，页面内容可能不是最新，正在重试。"));

  document.addEventListener("htmx:error", failed);
  document.addEventListener("htmx:response:error", failed);
  document.addEventListener("htmx:after:request", ({ detail }) => {
    const status = detail?.ctx?.response?.status;
    if (status === 401) show(t("登录已过期，请重新登录；本页内容还在。"));
    else if (status >= 500) failed();
    else if (status) hide();
  });
  window.addEventListener("offline", failed);
}
