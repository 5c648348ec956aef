// Reading and changing extension elements as one undoable step.
import { getBusinessObject, is } from "bpmn-js/lib/util/ModelUtil";

/** A pool stands for its process: settings of the process live there. */
export function businessObject(element) {
  const found = getBusinessObject(element);
  return is(found, "bpmn:Participant") && found.processRef ? found.processRef : found;
}

export function extension(owner, type) {
  return owner.get("extensionElements")?.get("values").find((one) => is(one, type));
}

/** Sets attributes of an extension element; one left without any attribute is taken away. */
export function setExtension(element, injector, type, changes, owner = businessObject(element)) {
  const found = extension(owner, type);
  const commands = [];
  const container = owner.get("extensionElements") ?? made(injector, "bpmn:ExtensionElements", { values: [] }, owner);
  if (!owner.get("extensionElements")) commands.push(change(element, owner, { extensionElements: container }));
  const attributes = { ...(found ? attributesOf(found) : {}), ...changes };
  const empty = Object.values(attributes).every((value) => value === undefined || value === "");
  const values = container.get("values");
  if (empty) {
    if (!found) return;
    commands.push(change(element, container, { values: values.filter((one) => one !== found) }));
  } else if (found) {
    commands.push(change(element, found, changes));
  } else {
    const added = made(injector, type, changes, container);
    commands.push(change(element, container, { values: [...values, added] }));
  }
  injector.get("commandStack").execute("properties-panel.multi-command-executor", commands);
}

/** Lays down the list that an extension element holds, in one undoable step; an empty one is taken away. */
export function setList(element, injector, type, name, make, owner = businessObject(element)) {
  const commands = [];
  const container = owner.get("extensionElements") ?? made(injector, "bpmn:ExtensionElements", { values: [] }, owner);
  if (!owner.get("extensionElements")) commands.push(change(element, owner, { extensionElements: container }));
  const list = extension(owner, type) ?? made(injector, type, { [name]: [] }, container);
  const items = make(list);
  const others = container.get("values").filter((one) => one !== list);
  commands.push(change(element, list, { [name]: items }));
  commands.push(change(element, container, { values: items.length ? [...others, list] : others }));
  injector.get("commandStack").execute("properties-panel.multi-command-executor", commands);
}

/** The value of a `zeebe:property`. */
export function property(element, name) {
  const properties = extension(businessObject(element), "zeebe:Properties");
  return properties?.get("properties").find((one) => one.get("name") === name)?.get("value");
}

export function setProperty(element, injector, name, value) {
  const owner = businessObject(element);
  const commands = [];
  const container = owner.get("extensionElements") ?? made(injector, "bpmn:ExtensionElements", { values: [] }, owner);
  if (!owner.get("extensionElements")) commands.push(change(element, owner, { extensionElements: container }));
  let list = extension(owner, "zeebe:Properties");
  if (!list) {
    list = made(injector, "zeebe:Properties", { properties: [] }, container);
    commands.push(change(element, container, { values: [...container.get("values"), list] }));
  }
  const others = list.get("properties").filter((one) => one.get("name") !== name);
  const one = value ? [made(injector, "zeebe:Property", { name, value }, list)] : [];
  commands.push(change(element, list, { properties: [...others, ...one] }));
  injector.get("commandStack").execute("properties-panel.multi-command-executor", commands);
}

export function made(injector, type, attributes, parent) {
  const created = injector.get("bpmnFactory").create(type, attributes);
  created.$parent = parent;
  return created;
}

export function change(element, moddleElement, properties) {
  return { cmd: "element.updateModdleProperties", context: { element, moddleElement, properties } };
}

function attributesOf(found) {
  return Object.fromEntries(found.$descriptor.properties.filter((one) => one.isAttr).map((one) => [one.name, found.get(one.name)]));
}
