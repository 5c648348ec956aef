// Entries of the panel: text, FEEL, choice, tick and text with suggestions.
import { CheckboxEntry, FeelEntry, FeelTextAreaEntry, SelectEntry, TextFieldEntry } from "@bpmn-io/properties-panel";
import { h } from "@bpmn-io/properties-panel/preact";
import { useEffect, useState } from "@bpmn-io/properties-panel/preact/hooks";
import { useService } from "bpmn-js-properties-panel";
import { joined, t } from "../words.js";

/** Builds an entry whose component reads and writes through `get` and `set`; its words are told in the language of the page. */
export function entry(kind, { id, label, get, set, description, options, suggestions, many, disabled, isEdited }) {
  return {
    id, component: COMPONENTS[kind], label: t(label), get, set, description: t(description), suggestions, many, disabled,
    options: options && (() => options().map((one) => ({ ...one, label: t(one.label) }))),
    isEdited: isEdited ?? (() => edited(get())),
  };
}

const edited = (value) => value !== undefined && value !== "" && value !== false;

function common(props) {
  const { element, id, label, get, set, description, disabled } = props;
  return { element, id, label, description, disabled, getValue: () => get(), setValue: (value) => set(value === "" ? undefined : value) };
}

function Text(props) {
  return TextFieldEntry({ ...common(props), debounce: useService("debounceInput") });
}

function Feel(props) {
  return h(FeelEntry, { ...common(props), feel: "optional", debounce: useService("debounceInput") });
}

function FeelArea(props) {
  return h(FeelTextAreaEntry, { ...common(props), feel: "required", debounce: useService("debounceInput") });
}

function Select(props) {
  return SelectEntry({ ...common(props), getOptions: () => props.options() });
}

function Tick(props) {
  return CheckboxEntry({ ...common(props), setValue: (value) => props.set(value) });
}

/** A text field with a list of what exists; other text may be typed. With `many`, several stand beside each other. */
function Suggest(props) {
  const { id, label, get, set, suggestions, many, description } = props;
  const value = get() ?? "";
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const known = suggestions();
  const inputId = `bio-properties-panel-${id}`;
  const matches = (many ? value.split(/\s+/).filter(Boolean) : [value]).map((part) => known.find((one) => one.value === part));
  const all = matches.every(Boolean);
  const note = !value ? description : all ? joined(matches.map((one) => (one.help ? t("{name}。{help}", { name: one.label, help: one.help }) : one.label))) : known.length ? t("系统中没有这一项，请核对。") : description;
  const before = many ? text.replace(/\S*$/, "") : ""; // what stands already is kept beside the one chosen
  return h("div", { class: "bio-properties-panel-entry", "data-entry-id": id }, [
    h("div", { class: "bio-properties-panel-textfield" }, [
      h("label", { class: "bio-properties-panel-label", for: inputId }, label),
      h("input", {
        id: inputId,
        name: id,
        class: "bio-properties-panel-input",
        type: "text",
        autocomplete: "off",
        spellcheck: false,
        list: `${inputId}-list`,
        value: text,
        onInput: (event) => setText(event.target.value),
        onChange: (event) => set(event.target.value.trim() || undefined),
      }),
      h("datalist", { id: `${inputId}-list` }, known.map((one) => h("option", { value: before + one.value }, one.label))),
    ]),
    note && h("div", { class: "bio-properties-panel-description" }, note),
  ]);
}

const COMPONENTS = { text: Text, feel: Feel, feelarea: FeelArea, select: Select, tick: Tick, suggest: Suggest };
