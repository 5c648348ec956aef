// The words that scripts put on a page: Chinese in the source, English by the language of the page.
const ENGLISH = {
  "已复制 {text}": "Copied {text}",
  "取消": "Cancel",
  "确定": "Confirm",
  "删除": "Delete",
  "下载": "Download",
  "上一份": "Previous",
  "下一份": "Next",
  "关闭": "Close",
  "正在推算…": "Working it out…",
  "暂时推算不了，不影响办理。": "It cannot be worked out just now; this does not keep you from going on.",
  "整图": "Whole diagram",
  "放大": "Zoom in",
  "缩小": "Zoom out",
  "连接中断，页面内容可能不是最新，正在重试。": "Connection lost: this page may be out of date. Trying again.",
  "连接已恢复": "Connected again",
  "登录已过期，请重新登录；本页内容还在。": "Your session has expired. Log in again; what is on this page is kept.",
  "新建决策": "New decision",
  "新建表单": "New form",
  "新建文书": "New letter",
  "删除 {name}": "Delete {name}",
  "删除『{name}』？": "Delete {name}?",
  "保存后这个文件不再属于本草稿。": "Once saved, this file is no longer part of the draft.",
  "已有这个标识的文件。": "There is a file with this id already.",
  "错误": "Error",
  "提醒": "Warning",
  "第 {n} 行": "line {n}",
  "检查结果：{errors} 个错误，{warnings} 个提醒": "Check: {errors} errors, {warnings} warnings",
  "检查通过，没有发现问题": "Check passed, nothing found",
  "有修改，尚未保存": "Changed, not saved yet",
  "没有保存": "Not saved",
  "已恢复上次没有来得及保存的内容，将自动保存。": "What could not be saved last time is restored and will be saved.",
  "网络不通，内容没有保存到服务器；本页内容还在，稍后会再试。": "No connection: nothing was saved on the server. This page keeps its content and will try again.",
  "登录已过期。请在新窗口登录后再操作；本页内容还在。": "Your session has expired. Log in in a new window, then go on; this page keeps its content.",
  "服务器没有接受，请稍后再试；本页内容还在。": "The server did not accept it. Try again later; this page keeps its content.",
  "文件打不开：{why}": "The file cannot be opened: {why}",
  "流程图打不开：{why}": "The diagram cannot be opened: {why}",
  "文书预览": "Preview of the letter",
};

/** A text in the language of the page, with its places filled. */
export function t(text, values = {}) {
  const said = document.documentElement.lang === "en" ? ENGLISH[text] ?? text : text;
  return said.replace(/{(\w+)}/g, (whole, name) => values[name] ?? whole);
}
