// Which version a reference to a form, a decision or a process means.
import { entry } from "./entries.js";
import { businessObject, extension, setExtension } from "./moddle.js";

const KINDS = [
  { value: "latest", label: "最新版本" },
  { value: "deployment", label: "同一次部署的版本" },
  { value: "versionTag", label: "带版本标签的最新版本" },
];

/** The tag of a process itself, which references may name. */
export function versionTag(element, injector) {
  const owner = businessObject(element);
  return entry("text", {
    id: "banli-process-versionTag",
    label: "版本标签",
    description: "其他流程可以按标签调用这一版本。",
    get: () => extension(owner, "zeebe:VersionTag")?.get("value"),
    set: (value) => setExtension(element, injector, "zeebe:VersionTag", { value }),
  });
}

/** The entries of one reference; `usual` is what holds where the model does not say. */
export function versionEntries(element, injector, type, usual) {
  const owner = businessObject(element);
  const value = (name) => extension(owner, type)?.get(name);
  const kind = () => value("bindingType") ?? usual;
  const id = `banli-${type.split(":")[1]}`;
  const entries = [
    entry("select", {
      id: `${id}-binding`,
      label: "版本",
      options: () => KINDS,
      get: kind,
      // a tag belongs to its kind alone
      set: (chosen) => setExtension(element, injector, type, {
        bindingType: chosen === usual ? undefined : chosen,
        versionTag: chosen === "versionTag" ? value("versionTag") : undefined,
      }),
      isEdited: () => kind() !== usual,
    }),
  ];
  if (kind() === "versionTag") {
    entries.push(entry("text", {
      id: `${id}-versionTag`,
      label: "版本标签",
      get: () => value("versionTag"),
      set: (tag) => setExtension(element, injector, type, { versionTag: tag }),
    }));
  }
  return entries;
}
