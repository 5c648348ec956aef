"""A DMN file read: decisions with what they require, resolved and free of cycles.

Invariant: all findings of a file are reported at once; nothing that could not be read is executed.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from engine import limits, xml
from engine.dmn.boxes import Boxes
from engine.dmn.evaluation import Frame, decide
from engine.dmn.itemtypes import ItemTypes
from engine.dmn.model import Decision, Decisions, InputData, Need, Provider
from engine.dmn.source import NAMESPACES, Findings, child, children, line, local, path_name, space
from engine.errors import DeploymentRejected
from engine.feel import FeelType, Function, Runtime, Scope
from engine.feel.scanner import normal
from engine.vocabulary import ZEEBE
from engine.xml import Node

_REQUIREMENTS: Final = ("informationRequirement", "knowledgeRequirement")
_REQUIRED: Final = ("requiredInput", "requiredDecision", "requiredKnowledge")
# an expression box takes three or four levels of XML
_DEPTH: Final = limits.MODEL_NESTING * 6
_ELEMENTS: Final = ("inputData", "decision", "businessKnowledgeModel", "decisionService")


def read(data: bytes, filename: str, imported: Sequence[Decisions] = ()) -> Decisions:
    """The decisions of a file; `imported` are files its imports may name, by their name space.

    Raises:
        DeploymentRejected: with all findings, each naming element and line.
    """
    decisions = load(data, filename, imported)
    if any(finding.severity == "error" for finding in decisions.findings):
        raise DeploymentRejected(decisions.findings)
    return decisions


def load(data: bytes, filename: str, imported: Sequence[Decisions] = ()) -> Decisions:
    """As `read`, but with the findings in the result: what is broken is null when evaluated."""
    root = xml.read(data, filename)
    findings = Findings(filename)
    if local(root) != "definitions" or space(root) not in NAMESPACES:
        findings.error(
            root, "dmn_not_dmn", f"{filename} 不是 DMN 1.2 至 1.5 的文件（根元素『{local(root)}』）"
        )
        raise DeploymentRejected(findings.found)
    _refuse_depth(root, findings)
    return _Reader(root, findings, imported).result()


def _refuse_depth(root: Node, findings: Findings) -> None:
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > _DEPTH:
            findings.error(level[0], "dmn_depth", f"元素嵌套超过 {_DEPTH} 层")
            raise DeploymentRejected(findings.found)
        level = [inner for node in level for inner in node]


class _Reader:
    """Reads one file."""

    def __init__(self, root: Node, findings: Findings, imported: Sequence[Decisions]) -> None:
        self.root = root
        self.findings = findings
        self.namespace = str(root.get("namespace") or "")
        self.imports = self._imports({each.namespace: each for each in imported})
        outside = {
            f"{prefix}.{name}" if prefix else name: wanted
            for prefix, decisions in self.imports.items()
            for name, wanted in decisions.types.items()
        }
        self.types = ItemTypes(root, findings, outside)
        self.boxes = Boxes(findings, self.types)
        self.nodes = self._index()
        self.decisions: dict[str, Decision] = {}
        self.providers: dict[str, Provider] = {}
        self.inputs: dict[str, InputData] = {}
        self.building: list[str] = []

    def _imports(self, files: Mapping[str, Decisions]) -> dict[str, Decisions]:
        found = {}
        for node in children(self.root, "import"):
            wanted = files.get(str(node.get("namespace")))
            if wanted is None:
                message = f"导入的『{path_name(node)}』（{node.get('namespace')}）不存在"
                self.findings.error(node, "dmn_import", message)
            else:
                found[str(node.get("name") or "")] = wanted
        return found

    def _index(self) -> dict[str, Node]:
        nodes: dict[str, Node] = {}
        for node in children(self.root, *_ELEMENTS):
            identity = str(node.get("id") or node.get("name") or "")
            if identity in nodes:
                message = f"标识『{identity}』重复"
                self.findings.error(node, "dmn_duplicate_id", message)
            nodes[identity] = node
        return nodes

    def result(self) -> Decisions:
        for identity, node in self.nodes.items():
            self._source(identity, node)
        found = self._of_kind
        return Decisions(
            filename=self.findings.filename,
            namespace=self.namespace,
            name=str(self.root.get("name") or ""),
            decisions=self.decisions,
            services={i: self.providers[i] for i in found("decisionService")},
            inputs=self.inputs,
            knowledge={i: self.providers[i] for i in found("businessKnowledgeModel")},
            types=self.types.types,
            findings=tuple(self.findings.found),
            tables=tuple(self.boxes.tables),
        )

    def _of_kind(self, kind: str) -> list[str]:
        return [i for i, node in self.nodes.items() if local(node) == kind and i in self.providers]

    # ------------------------------------------------------------------ requirements

    def _source(self, identity: str, node: Node) -> Decision | InputData | Provider | None:
        homes: dict[str, dict[str, Any]] = {"inputData": self.inputs, "decision": self.decisions}
        known = homes.get(local(node), self.providers)
        if identity in known:
            return known[identity]  # type: ignore[no-any-return]
        if identity in self.building:
            names = "→".join(path_name(self.nodes[each]) for each in [*self.building, identity])
            self.findings.error(node, "dmn_cycle", f"决策之间循环引用：{names}")
            return None
        self.building.append(identity)
        makers: dict[str, Callable[[str, Node], Any]] = {
            "inputData": self._input,
            "decision": self._decision,
            "businessKnowledgeModel": self._knowledge,
            "decisionService": self._service,
        }
        made = makers[local(node)](identity, node)
        self.building.pop()
        known[identity] = made
        return made  # type: ignore[no-any-return]

    def _input(self, identity: str, node: Node) -> InputData:
        name, wanted = self._variable(node)
        return InputData(identity, name, wanted)

    def _variable(self, node: Node) -> tuple[str, FeelType | None]:
        variable = child(node, "variable")
        name = normal(str((variable.get("name") if variable is not None else "") or ""))
        return name or normal(path_name(node)), self.types.of(variable)

    def _needs(self, node: Node) -> tuple[Need, ...]:
        needs = []
        for requirement in children(node, *_REQUIREMENTS):
            reference = child(requirement, *_REQUIRED)
            if reference is not None:
                need = self._need(str(reference.get("href") or ""), reference)
                if need is not None:
                    needs.append(need)
        return tuple(needs)

    def _need(self, href: str, node: Node) -> Need | None:
        namespace, _, identity = href.rpartition("#")
        if namespace and namespace != self.namespace:
            return self._imported(namespace, identity, node)
        target = self.nodes.get(identity)
        if target is None:
            place = path_name(node.getparent().getparent())  # type: ignore[union-attr,arg-type]
            message = f"『{place}』引用的元素『{href}』不存在"
            self.findings.error(node, "dmn_reference", message)
            return None
        source = self._source(identity, target)
        return Need("", self._variable(target)[0], source) if source is not None else None

    def _imported(self, namespace: str, identity: str, node: Node) -> Need | None:
        for prefix, file in self.imports.items():
            if file.namespace != namespace:
                continue
            for group in (file.decisions, file.inputs, file.knowledge, file.services):
                source = group.get(identity)
                if source is not None:
                    name = source.variable if isinstance(source, Decision) else source.name
                    return Need(prefix, name, source)
        self.findings.error(node, "dmn_reference", f"引用的元素『{namespace}#{identity}』不存在")
        return None

    @staticmethod
    def _names(needs: Sequence[Need]) -> frozenset[str]:
        names = {need.name for need in needs} | {need.prefix for need in needs if need.prefix}
        for need in needs:
            wanted = need.source.type if isinstance(need.source, InputData | Decision) else None
            names |= {key for key, _ in wanted.entries} if wanted else set()
        return frozenset(names)

    # ------------------------------------------------------------------ elements

    def _decision(self, identity: str, node: Node) -> Decision:
        needs = self._needs(node)
        name, wanted = self._variable(node)
        run, table = self.boxes.read(node, self._names(needs))
        return Decision(
            id=identity,
            name=path_name(node),
            variable=name,
            type=wanted,
            run=run,
            table=table,
            needs=needs,
            line=line(node),
            filename=self.findings.filename,
            types=self.types.types,
            version_tag=self._version_tag(node),
        )

    @staticmethod
    def _version_tag(node: Node) -> str:
        found = node.find(f"{{*}}extensionElements/{{{ZEEBE}}}versionTag")
        return str(found.get("value") or "") if found is not None else ""

    def _knowledge(self, identity: str, node: Node) -> Provider:
        needs = self._needs(node)
        name, wanted = self._variable(node)
        logic = child(node, "encapsulatedLogic")
        if logic is None:
            message = f"业务知识模型『{path_name(node)}』没有逻辑"
            self.findings.error(node, "dmn_expression_missing", message)
            return Provider(identity, name, lambda _runtime: None)
        run = self.boxes.function(logic, self._names(needs) | {name})

        def make(runtime: Runtime) -> Any:
            variables: dict[str, Any] = {}
            for need in needs:
                if isinstance(need.source, Provider):
                    home = variables.setdefault(need.prefix, {}) if need.prefix else variables
                    home[need.name] = need.source.make(runtime)
            function = run(Scope(variables, None, runtime))
            if isinstance(function, Function) and wanted is not None:
                result = _result_type(wanted)
                function = Function(function.parameters, function.invoke, "", result)
            variables[name] = function
            return function

        return Provider(identity, name, make)

    def _service(self, identity: str, node: Node) -> Provider:
        name, wanted = self._variable(node)
        inputs = self._members(node, "inputData")
        decided = self._members(node, "inputDecision")
        outputs = self._members(node, "outputDecision")
        if not outputs:
            message = f"决策服务『{path_name(node)}』没有输出决策"
            self.findings.error(node, "dmn_service", message)
        result = (
            wanted.items[-1] if wanted and wanted.name == "function" and wanted.items else wanted
        )
        parameters = tuple(
            (need.name, need.source.type if isinstance(need.source, InputData | Decision) else None)
            for need in [*inputs, *decided]
        )

        def invoke(runtime: Runtime, arguments: list[Any]) -> Any:
            runtime.charge(10)
            runtime.enter()
            given = dict(zip((key for key, _ in parameters), arguments, strict=True))
            made = {n.source: given[n.name] for n in decided}
            frame = Frame(given, made)
            values = {
                n.name: decide(n.source, frame, runtime)
                for n in outputs
                if isinstance(n.source, Decision)
            }
            runtime.calls -= 1
            return next(iter(values.values())) if len(outputs) == 1 else values

        function = Function(parameters, invoke, "", result)
        return Provider(identity, name, lambda _runtime: function)

    def _members(self, node: Node, kind: str) -> list[Need]:
        found = (self._need(str(each.get("href") or ""), each) for each in children(node, kind))
        return [need for need in found if need is not None]


def _result_type(wanted: FeelType | None) -> FeelType | None:
    """What a function gives whose variable has this type (some name the result's type there)."""
    if wanted is not None and wanted.name == "function":
        return wanted.items[-1] if wanted.items else None
    return wanted
