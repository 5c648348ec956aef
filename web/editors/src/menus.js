// Menus offer only what the engine executes; the rest would be refused at the check.
const NOT_EXECUTED = [
  /complex-gateway/, /inclusive-gateway/, /ad-?hoc/, /transaction/, /compensation/, /cancel/, /conditional-(start|intermediate|boundary)/, /link-intermediate/,
  /signal/, /escalation/, /instantiating/, /replace-with-conditional-intermediate/, /toggle-loop$/,
];

class Menus {
  constructor(popupMenu) {
    for (const menu of ["bpmn-replace", "bpmn-append", "bpmn-create"]) popupMenu.registerProvider(menu, 200, this);
  }

  getPopupMenuEntries() {
    return (entries) => kept(entries);
  }

  getPopupMenuHeaderEntries() {
    return (entries) => kept(entries);
  }
}
Menus.$inject = ["popupMenu"];

function kept(entries) {
  return Object.fromEntries(Object.entries(entries).filter(([id]) => !NOT_EXECUTED.some((pattern) => pattern.test(id))));
}

export const menusModule = { __init__: ["banliMenus"], banliMenus: ["type", Menus] };
