"""DMN files made of the parts a test is about."""

from engine import dmn

NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def model(body: str, namespace: str = NAMESPACE) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<definitions xmlns="{namespace}" id="defs" '
        f'name="测试" namespace="http://example.test/dmn">{body}</definitions>'
    ).encode()


def read(body: str, **options) -> dmn.Decisions:
    return dmn.read(model(body, **options), "测试.dmn")


def rule(*cells: str, outputs: int = 1) -> str:
    tests, results = cells[: len(cells) - outputs], cells[len(cells) - outputs :]
    text = "".join(f"<inputEntry id='i'><text>{escape(c)}</text></inputEntry>" for c in tests)
    text += "".join(f"<outputEntry id='o'><text>{escape(c)}</text></outputEntry>" for c in results)
    return f"<rule id='r'>{text}</rule>"


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def table(policy: str, *rules: str, inputs=("age",), outputs=("result",), more: str = "") -> str:
    columns = "".join(
        f'<input id="in_{i}" label="{i}"><inputExpression id="e_{i}"><text>{i}</text>'
        f"</inputExpression></input>"
        for i in inputs
    )
    columns += "".join(f'<output id="out_{o}" name="{o}">{more}</output>' for o in outputs)
    return (
        f'<decision id="d" name="资格"><decisionTable id="t" {policy}>{columns}'
        f"{''.join(rules)}</decisionTable></decision>"
    )


AGES = (rule("< 18", '"child"'), rule("[18..60)", '"adult"'), rule(">= 60", '"senior"'))
OVERLAPPING = (rule("> 10", "1"), rule("> 20", "2"), rule("> 30", "3"))


def value(body: str, **context):
    return dmn.evaluate(read(body).decisions["d"], context)


LITERAL = "<literalExpression id='l'><text>{}</text></literalExpression>"


def literal(identity: str, text: str, needs: str = "", name: str = "") -> str:
    return (
        f'<decision id="{identity}" name="{name or identity}">'
        f'<variable name="{name or identity}"/>{needs}{LITERAL.format(escape(text))}</decision>'
    )


def need(target: str, kind: str = "Decision") -> str:
    return f'<informationRequirement id="n"><required{kind} href="#{target}"/></informationRequirement>'


KNOWLEDGE = (
    '<businessKnowledgeModel id="k" name="fee"><variable name="fee"/><encapsulatedLogic>'
    '<formalParameter name="amount" typeRef="number"/>'
    + LITERAL.format("amount * 0.1")
    + "</encapsulatedLogic></businessKnowledgeModel>"
)
KNOWS = '<knowledgeRequirement id="kr"><requiredKnowledge href="#k"/></knowledgeRequirement>'
