"""The parts of an expression that begin with a word or a bracket of their own."""

from typing import Final

from engine.feel import moments
from engine.feel.errors import Position, Problem
from engine.feel.kinds import DATE_TIME, DAYS, MONTHS, WRITTEN, FeelType
from engine.feel.scanner import Scanner, Token, normal
from engine.feel.tree import (
    BadLiteral,
    Call,
    Clause,
    ContextNode,
    For,
    FunctionNode,
    If,
    ListNode,
    Literal,
    Name,
    Node,
    Quantified,
    RangeNode,
)

_CONSTANTS: Final = {"true": True, "false": False, "null": None}
_OPENING: Final = ("<", "<=", ">", ">=", "=")
_TYPE_WORDS: Final = (DATE_TIME, DAYS, MONTHS)


class Terms(Scanner):
    """Reads literals, boxes, loops, functions, calls and types."""

    depth = 0
    no_filter = False

    def expression(self) -> Node:
        """Any expression (the parser knows)."""
        raise NotImplementedError

    def arithmetic(self) -> Node:
        """Sums and what binds tighter (the parser knows)."""
        raise NotImplementedError

    def primary(self) -> Node:
        """What stands between operators."""
        token = self.peek()
        at = self.where(token.start)
        if token.kind in {"number", "string"}:
            self.take()
            return Literal(at, token.value)
        if token.kind == "name":
            self.take()
            return Name(at, token.text)
        if token.kind == "keyword":
            return self._keyword(token, at)
        if token.kind == "operator":
            return self._bracket(token, at)
        raise self.error("表达式不完整，此处缺少内容", token.start)

    def _keyword(self, token: Token, at: Position) -> Node:
        if token.text in _CONSTANTS:
            self.take()
            return Literal(at, _CONSTANTS[token.text])
        if token.text == "if":
            return self._if(at)
        if token.text == "for":
            return self._for(at)
        if token.text in {"some", "every"}:
            return self._quantified(at)
        if token.text == "function":
            return self._function(at)
        raise self.error(f"关键字『{token.text}』不能用在这里", token.start)

    def _bracket(self, token: Token, at: Position) -> Node:
        if token.text == "(":
            return self._parenthesis(at)
        if token.text in {"[", "]"}:
            return self._square(at)
        if token.text == "{":
            return self._context(at)
        if token.text == "@":
            return self._moment(at)
        if token.text == "?":
            self.take()
            return Name(at, "?")
        raise self.error(f"『{token.text}』不能用在这里", token.start)

    # ------------------------------------------------------------------ brackets

    def _parenthesis(self, at: Position) -> Node:
        self.expect("(")
        token = self.peek()
        if token.kind == "operator" and token.text in _OPENING:
            return self._half_open(at)
        node = self.expression()
        if self.accept(".."):
            return self._range_end(at, node, included=False)
        self.expect(")")
        return node

    def _half_open(self, at: Position) -> Node:
        operator = self.take().text
        end = self.arithmetic()
        self.expect(")")
        if operator == "=":
            return RangeNode(at, end, end, start_included=True, end_included=True)
        included = operator.endswith("=")
        if operator.startswith("<"):
            return RangeNode(at, None, end, start_included=False, end_included=included)
        return RangeNode(at, end, None, start_included=included, end_included=False)

    def _square(self, at: Position) -> Node:
        opening = self.take().text
        if opening == "]":
            start = self.expression()
            self.expect("..")
            return self._range_end(at, start, included=False)
        if self.accept("]"):
            return ListNode(at, ())
        first = self.expression()
        if self.accept(".."):
            return self._range_end(at, first, included=True)
        items = [first]
        while self.accept(","):
            items.append(self.expression())
        self.expect("]")
        return ListNode(at, tuple(items))

    def _range_end(self, at: Position, start: Node, *, included: bool) -> Node:
        # the bracket behind the end may be `[`, which would otherwise open a filter
        self.no_filter, before = True, self.no_filter
        end = self.arithmetic()
        self.no_filter = before
        if not (self.ahead(")") or self.ahead("]") or self.ahead("[")):
            token = self.peek()
            self.fail(f"区间应以『)』或『]』结束，实际是{self.shown(token)}", token.start)
        closing = self.take().text
        return RangeNode(at, start, end, start_included=included, end_included=closing == "]")

    def _context(self, at: Position) -> Node:
        self.expect("{")
        entries: list[tuple[str, Node]] = []
        while not self.ahead("}"):
            if entries:
                self.expect(",")
            key_at = self.peek()
            key = self._entry_key()
            if any(key == other for other, _ in entries):
                self.fail(f"上下文中『{key}』重复", key_at.start)
            entries.append((key, self.expression()))
            self.declare(key)
        self.expect("}")
        return ContextNode(at, tuple(entries))

    def _entry_key(self) -> str:
        token = self.peek()
        if token.kind == "string":
            self.take()
            self.expect(":")
            return str(token.value)
        key = self.key()
        if key is None:
            self.fail(f"此处应为上下文的条目名称和『:』，实际是{self.shown(token)}", token.start)
        return key

    def _moment(self, at: Position) -> Node:
        self.expect("@")
        token = self.peek()
        if token.kind != "string":
            self.fail("『@』后面应为日期、时间或时长的字符串", token.start)
        self.take()
        try:
            return Literal(at, moments.any_moment(token.value))
        except Problem as problem:
            return BadLiteral(at, problem.reason)

    # ------------------------------------------------------------------ words

    def _if(self, at: Position) -> Node:
        self.expect("if")
        condition = self.expression()
        self.expect("then")
        yes = self.expression()
        self.expect("else")
        # a chain of `else if` is a list of cases to its author, not a nesting
        token = self.peek()
        if token.text == "if" and token.kind == "keyword":
            return If(at, condition, yes, self._if(self.where(token.start)))
        return If(at, condition, yes, self.expression())

    def _for(self, at: Position) -> Node:
        self.expect("for")
        clauses = self._clauses("return")
        return For(at, clauses, self.expression())

    def _quantified(self, at: Position) -> Node:
        universal = self.take().text == "every"
        clauses = self._clauses("satisfies")
        return Quantified(at, universal, clauses, self.expression())

    def _clauses(self, ending: str) -> tuple[Clause, ...]:
        clauses = []
        while True:
            at = self.where(self.peek().start)
            name = self.loop_name()
            domain = self.expression()
            end = self.expression() if self.accept("..") else None
            clauses.append(Clause(at, name, domain, end))
            self.declare(name)
            if not self.accept(","):
                break
        self.expect(ending)
        return tuple(clauses)

    def _function(self, at: Position) -> Node:
        self.expect("function")
        self.expect("(")
        parameters: list[tuple[str, FeelType | None]] = []
        while not self.ahead(")"):
            if parameters:
                self.expect(",")
            name = self.parameter_name()
            parameters.append((name, self.type_name() if self.accept(":") else None))
            self.declare(name)
        self.expect(")")
        if self.accept("external"):
            self.expression()
            return FunctionNode(at, tuple(parameters), None)
        return FunctionNode(at, tuple(parameters), self.expression())

    def call(self, target: Node) -> Node:
        """Arguments behind what is called."""
        self.expect("(")
        arguments: list[Node] = []
        names: list[str] = []
        while not self.ahead(")"):
            if arguments:
                self.expect(",")
            start = self.peek().start
            name = self.key()
            if name is not None:
                names.append(name)
            elif names:
                self.fail("命名参数与位置参数不能混用", start)
            arguments.append(self.expression())
            if names and len(names) < len(arguments):
                self.fail("命名参数与位置参数不能混用", start)
        self.expect(")")
        if len(set(names)) < len(names):
            self.fail("命名参数重复")
        return Call(target.at, target, tuple(arguments), tuple(names))

    # ------------------------------------------------------------------ types

    def type_name(self) -> FeelType:
        """A type expression."""
        self.depth += 1
        if self.depth > 20:
            self.fail("类型嵌套过深")
        found = self._type(self._type_word())
        self.depth -= 1
        return found

    def _type_word(self) -> str:
        self.blank()
        for words in _TYPE_WORDS:
            end = self._words(words)
            if end:
                self.move(end)
                return words
        token = self.peek()
        if token.kind != "name" and token.text not in {"function", "null"}:
            self.fail(f"此处应为类型名称，实际是{self.shown(token)}", token.start)
        self.take()
        name = token.text
        while self.accept("."):
            name += "." + self.property_name()
        return normal(name)

    def _words(self, words: str) -> int:
        position = self.position
        for word in words.split():
            while self.text[position : position + 1].isspace():
                position += 1
            if not self.text.startswith(word, position):
                return 0
            position += len(word)
        following = self.text[position : position + 1]
        return 0 if following.isalnum() or following == "_" else position

    def _type(self, word: str) -> FeelType:
        name = WRITTEN.get(word, word)
        if name not in {"list", "range", "context", "function"} or not self.accept("<"):
            return FeelType(name)
        if name == "context":
            return self._context_type()
        items = [] if self.ahead(">") else [self.type_name()]
        while self.accept(","):
            items.append(self.type_name())
        self.expect(">")
        if name == "function":
            self.expect("->")
            items.append(self.type_name())
        return FeelType(name, tuple(items))

    def _context_type(self) -> FeelType:
        entries = []
        while True:
            key = self.key()
            if key is None:
                self.fail("此处应为上下文类型的条目名称和『:』")
            entries.append((key, self.type_name()))
            if not self.accept(","):
                break
        self.expect(">")
        return FeelType("context", entries=tuple(entries))
