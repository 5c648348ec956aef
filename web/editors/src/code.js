// A plain text editor for forms and letters: YAML colours, Chinese phrases, findings at their line.
import { autocompletion, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, defaultHighlightStyle, foldGutter, foldKeymap, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import { english } from "./words.js";

const PHRASES = {
  "Control character": "控制字符", "Selection deleted": "已删除所选内容", "Folded lines": "已折叠的行", "Unfolded lines": "已展开的行", to: "至",
  "folded code": "已折叠", unfold: "展开", "Fold line": "折叠", "Unfold line": "展开", "Go to line": "转到行", go: "转到",
  Find: "查找", Replace: "替换", next: "下一个", previous: "上一个", all: "全部", "match case": "区分大小写", "by word": "整词", regexp: "正则表达式",
  replace: "替换", "replace all": "全部替换", close: "关闭", "current match": "当前匹配", "replaced $ matches": "已替换 $ 处",
  "replaced match on line $": "已替换第 $ 行的匹配", "on line": "在行", "No diagnostics": "没有问题", Diagnostics: "问题", Completions: "可选项",
};

// The words of form definitions; what may stand after `type:` comes from the server.
const KEYS = [
  "form", "title", "title_en", "sections", "fields", "name", "label", "label_en", "type", "required", "required_if", "shown_if", "editable_in", "readonly", "sensitive",
  "help", "default", "min", "max", "pattern", "max_length", "values", "value", "values_from",
];

/**
 * Opens the text editor in `parent`.
 *
 * `label` names the field for screen readers; `types` are the field types to offer after `type:`.
 * Tab leaves the editor as everywhere on the page; Ctrl+] and Ctrl+[ indent.
 */
export function open(parent, { text, label, types = [], onChange, readOnly = false }) {
  const complete = (context) => {
    const line = context.state.doc.lineAt(context.pos).text.slice(0, context.pos - context.state.doc.lineAt(context.pos).from);
    const word = context.matchBefore(/[\w]*/);
    if (!word || (word.from === word.to && !context.explicit)) return null;
    if (/^\s*-?\s*type:\s*\w*$/.test(line)) return { from: word.from, options: types.map((one) => ({ label: one.value, detail: one.label })) };
    if (/^\s*(-\s*)?\w*$/.test(line)) return { from: word.from, options: KEYS.map((one) => ({ label: one, apply: `${one}: ` })) };
    return null;
  };
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(), foldGutter(), lintGutter(), history(), drawSelection(), indentOnInput(), bracketMatching(), highlightActiveLine(), highlightActiveLineGutter(),
        highlightSelectionMatches(), indentUnit.of("  "), yaml(), syntaxHighlighting(defaultHighlightStyle), autocompletion({ override: [complete] }),
        EditorState.phrases.of(english() ? {} : PHRASES), EditorState.readOnly.of(readOnly), EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": label }),
        EditorView.updateListener.of((update) => update.docChanged && onChange?.()),
        EditorView.theme({
          "&": { height: "100%", fontSize: "14px" },
          ".cm-scroller": { fontFamily: '"JetBrains Mono", Consolas, "Noto Sans Mono CJK SC", monospace', lineHeight: "1.6" },
          "&.cm-focused": { outline: "2px solid #1c64c8", outlineOffset: "-2px" },
        }),
        keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, ...foldKeymap, ...completionKeymap]),
      ],
    }),
  });
  return {
    view,
    text: () => view.state.doc.toString(),
    load: (next) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } }),
    showFindings: (findings) => view.dispatch(setDiagnostics(view.state, findings.map((one) => diagnostic(view.state.doc, one)))),
    goTo: (line) => {
      const at = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines)).from;
      view.dispatch({ selection: { anchor: at }, scrollIntoView: true });
      view.focus();
    },
    close: () => view.destroy(),
  };
}

function diagnostic(doc, { line, column, severity, message }) {
  const place = doc.line(Math.min(Math.max(line || 1, 1), doc.lines));
  const from = Math.min(place.from + Math.max((column || 1) - 1, 0), place.to);
  return { from, to: place.to > from ? place.to : from, severity: severity === "error" ? "error" : "warning", message };
}
