// The vocabulary `zeebe:` with one change. An attribute that has its default is not written, and what
// a form is bound to where the model does not say is its own deployment here, not the latest.
import zeebe from "zeebe-bpmn-moddle/resources/zeebe.json";

const bound = zeebe.types.find((type) => type.name === "BindingTypeSupported");
for (const property of bound.properties) delete property.default;

export default zeebe;
