"""Reads an expression: or, and, not, comparisons, sums, products, from the loosest to the tightest."""

from __future__ import annotations

import math
from collections.abc import Callable

from xovac_tui.expressions import tree
from xovac_tui.expressions.tokens import ExpressionError, Token, TokenKind, tokens
from xovac_tui.text import nearest
from xovac_tui.units import DIFFERENCE, TIME, difference_of, per_time, unit_of

MISSING_AT_END = "Something is missing at the end."
_DEEPEST = 30
"""Brackets within brackets: more than are ever written; each costs room on the stack."""
_MOST = 100
"""Operators of sums and products, each of which puts all that came before a level deeper."""
_COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
_OF_CHANNELS = (tree.What.AGE, tree.What.RATE, tree.What.PER_HOUR, tree.What.STABLE)
_OF_VALUES = ("abs", "min", "max", "mean")
_FUNCTIONS = (*_OF_CHANNELS, *_OF_VALUES, "known")
_STABLE_HINT = 'stable(shroud, 1 K/h), stable(shroud, 2 K, 10 min) or stable(shroud, "a criterion")'
_KELVINS_PER_HOUR = per_time(difference_of(unit_of("K")), "h")
_CHOICES = {tree.LINK: tree.LINK_WORDS, tree.STATE: tree.STATES}


class Parser:
    """Reads one expression, word by word."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens(text)
        self._at = 0
        self._depth = 0
        self._operators = 0

    def parse(self) -> tree.Node:
        """Return the tree; ExpressionError says what is wrong, and where."""
        if len(self._tokens) == 1:
            raise self._error("The expression is empty. Write a condition such as pressure < 1e-3 mbar.")
        node = self._any()
        if self._next.kind is not TokenKind.END:
            raise self._unexpected()
        return node

    # -- words ----------------------------------------------------------------------------------------

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._next
        self._at += 1
        return token

    def _takes(self, *words: str) -> Token | None:
        """Take the next word if it is one of these signs or keywords."""
        token = self._next
        return (
            self._take()
            if token.kind in (TokenKind.SIGN, TokenKind.KEYWORD) and token.text in words
            else None
        )

    def _expect(self, sign: str, why: str) -> None:
        if self._takes(sign) is None:
            raise self._error(why)

    def _error(self, sentence: str, at: int | None = None) -> ExpressionError:
        return ExpressionError(sentence, self._text, self._next.at if at is None else at)

    def _unexpected(self) -> ExpressionError:
        token, before = self._next, self._tokens[self._at - 1]
        if token.text == ")":
            return self._error("This bracket closes none that is open.")
        if token.kind is TokenKind.NAME and before.kind is TokenKind.NUMBER and not before.unit:
            return self._error(
                f"{token.text} is not a unit, and an operator such as + or < is missing between the two."
            )
        return self._error("An operator such as and, or, < or + is missing here.")

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._error(f"The expression is nested more than {_DEEPEST} levels deep.")

    # -- conditions -----------------------------------------------------------------------------------

    def _any(self) -> tree.Node:
        return self._joined("or")

    def _joined(self, word: str) -> tree.Node:
        first = self._next.at
        read = self._part if word == "and" else lambda: self._joined("and")
        found = [read()]
        while self._takes(word):
            found.append(read())
        if len(found) == 1:
            return found[0]
        for part in found:
            if tree.condition(part) is False:
                raise self._error(f"What {word} joins must be true or false: compare it.", _begin(part))
        return tree.Joined(word, tuple(found), first)

    def _part(self) -> tree.Node:
        sign = self._takes("not")
        if sign is None:
            return self._compared()
        self._deeper()
        of = self._part()
        self._depth -= 1
        if tree.condition(of) is False:
            raise self._error("What not stands before must be true or false: compare it.", _begin(of))
        return tree.Not(of, sign.at)

    def _compared(self) -> tree.Node:
        left = self._sum()
        sign = self._takes(*_COMPARISONS)
        if sign is None:
            return left
        right = self._sum()
        if self._next.text in _COMPARISONS and self._next.kind is TokenKind.SIGN:
            raise self._error("Only two values are compared at once: write a < b and b < c.")
        return self._of_words(tree.Compared(sign.text, left, right, sign.at))

    def _of_words(self, node: tree.Compared) -> tree.Node:
        """Refuse text that a word can never be: waiting for it would never succeed."""
        for one, other in ((node.left, node.right), (node.right, node.left)):
            if (
                not isinstance(one, tree.Asked)
                or one.wanted.what is not tree.What.WORD
                or not isinstance(other, tree.Text)
            ):
                continue
            choices = _CHOICES.get(one.wanted.name)
            if choices is not None and other.value.upper() not in choices:
                raise self._error(
                    f'{one.wanted.name} is never "{other.value}".{nearest(other.value.upper(), choices)}',
                    other.at,
                )
            if (
                one.wanted.name == tree.STATE
                and other.value.upper() == tree.UNKNOWN
                and node.sign in ("==", "!=")
            ):
                known = tree.Known(one, node.at)
                return tree.Not(known, node.at) if node.sign == "==" else known
        return node

    # -- values ---------------------------------------------------------------------------------------

    def _sum(self) -> tree.Node:
        return self._chain(("+", "-"), lambda: self._chain(("*", "/"), self._value))

    def _chain(self, signs: tuple[str, ...], read: Callable[[], tree.Node]) -> tree.Node:
        node = read()
        while sign := self._takes(*signs):
            self._operators += 1
            if self._operators > _MOST:
                raise self._error(f"The expression has more than {_MOST} operators.", sign.at)
            right = read()
            for side in (node, right):
                self._number(side)
            node = tree.Arithmetic(sign.text, node, right, sign.at)
        return node

    def _number(self, node: tree.Node) -> None:
        if tree.condition(node) or isinstance(node, tree.Text):
            raise self._error("A number is needed here.", _begin(node))

    def _value(self) -> tree.Node:
        sign = self._takes("-", "+")
        if sign is not None:
            return self._signed(sign)
        token = self._take()
        match token.kind:
            case TokenKind.NUMBER:
                return self._literal(token)
            case TokenKind.TEXT:
                return tree.Text(token.text, token.at)
            case TokenKind.QUOTED:
                return self._asked(tree.What.CHANNEL, token)
            case TokenKind.NAME:
                if self._takes("("):
                    return self._call(token)
                return self._asked(tree.What.WORD if token.text in tree.WORDS else tree.What.CHANNEL, token)
            case TokenKind.KEYWORD if token.text in ("true", "false"):
                return tree.Literal(token.text == "true", token.at)
            case TokenKind.SIGN if token.text == "(":
                return self._bracketed(token)
        raise self._error(self._missing(token), token.at)

    def _missing(self, token: Token) -> str:
        if token.kind is TokenKind.END:
            return MISSING_AT_END
        if token.text == "not":
            return "not stands before a whole condition; put brackets around it: (not ...)."
        return f'A value is missing before "{token.text}".'

    def _signed(self, sign: Token) -> tree.Node:
        if self._next.kind is TokenKind.NUMBER:
            number = self._literal(self._take())
            return tree.Number(-number.value + 0.0, number.unit, sign.at) if sign.text == "-" else number
        self._deeper()
        of = self._value()
        self._depth -= 1
        self._number(of)
        return tree.Minus(of, sign.at) if sign.text == "-" else of

    def _literal(self, token: Token) -> tree.Number:
        value = float(token.text)
        if not math.isfinite(value):
            raise self._error("This number is far too large.", token.at)
        return tree.Number(value, token.unit, token.at)

    def _bracketed(self, opening: Token) -> tree.Node:
        self._deeper()
        node = self._any()
        self._depth -= 1
        if self._takes(")") is None:
            if self._next.kind is TokenKind.END:
                raise self._error("This bracket is not closed.", opening.at)
            raise self._unexpected()
        return node

    @staticmethod
    def _asked(what: tree.What, token: Token) -> tree.Asked:
        return tree.Asked(tree.Wanted(what=what, name=token.text), token.at)

    # -- functions ------------------------------------------------------------------------------------

    def _call(self, name: Token) -> tree.Node:
        if name.text not in _FUNCTIONS:
            raise self._error(f'There is no function "{name.text}".{nearest(name.text, _FUNCTIONS)}', name.at)
        if self._takes(")"):
            raise self._error(f"{name.text}() needs something in its brackets.", name.at)
        self._deeper()
        arguments = [self._any()]
        while self._takes(","):
            arguments.append(self._any())
        self._depth -= 1
        self._expect(")", f"{name.text}(...) is not closed here: a comma or ) is missing.")
        if name.text in _OF_CHANNELS:
            return tree.Asked(self._wanted(tree.What(name.text), arguments, name), name.at)
        if name.text in ("abs", "known") and len(arguments) > 1:
            raise self._error(f"{name.text}() takes one value.", _begin(arguments[1]))
        if name.text == "known":
            return tree.Known(arguments[0], name.at)
        for argument in arguments:
            self._number(argument)
        return tree.Call(name.text, tuple(arguments), name.at)

    def _wanted(self, what: tree.What, arguments: list[tree.Node], name: Token) -> tree.Wanted:
        channel, *more = arguments
        if not isinstance(channel, tree.Asked) or channel.wanted.what is not tree.What.CHANNEL:
            raise self._error(f"{what}() is asked of a channel, by its name.", _begin(channel))
        wanted = tree.Wanted(what=what, name=channel.wanted.name)
        most = {tree.What.PER_HOUR: 1, tree.What.STABLE: 2}.get(what, 0)
        if len(more) > most:
            said = "only a channel" if most == 0 else "a channel and a window, like 10 min"
            said = _STABLE_HINT if what is tree.What.STABLE else f"{what}() takes {said}"
            raise self._error(f"That is too much: {said}.", _begin(more[most]))
        if what is tree.What.STABLE:
            return self._stable(wanted, more, name)
        return tree.Wanted(what=what, name=wanted.name, over=self._seconds(more[0]) if more else None)

    def _stable(self, wanted: tree.Wanted, arguments: list[tree.Node], name: Token) -> tree.Wanted:
        if not arguments:
            raise self._error(f"stable() needs to know what stable is: {_STABLE_HINT}.", name.at)
        limit, *window = arguments
        over = self._seconds(window[0]) if window else None
        if isinstance(limit, tree.Text):
            if window:
                raise self._error("A named criterion brings its own window.", _begin(window[0]))
            return tree.Wanted(what=tree.What.STABLE, name=wanted.name, criterion=limit.value)
        if isinstance(limit, tree.Number) and limit.value > 0:
            unit = difference_of(unit_of(limit.unit))
            if unit.dimension == _KELVINS_PER_HOUR.dimension:
                rate = unit.to(_KELVINS_PER_HOUR, limit.value)
                return tree.Wanted(what=tree.What.STABLE, name=wanted.name, rate=rate, over=over)
            if unit.dimension == DIFFERENCE:
                within = unit.to(difference_of(unit_of("K")), limit.value)
                return tree.Wanted(what=tree.What.STABLE, name=wanted.name, within=within, over=over)
        raise self._error(
            f"Stable is a rate above 0 in K/h, a band above 0 in K, or a name in quotes: {_STABLE_HINT}.",
            _begin(limit),
        )

    def _seconds(self, node: tree.Node) -> float:
        unit = unit_of(node.unit) if isinstance(node, tree.Number) else None
        if not isinstance(node, tree.Number) or unit is None or unit.dimension != TIME or node.value <= 0:
            raise self._error("A time above 0 is needed here, such as 10 min.", _begin(node))
        return node.value * unit.factor


def _begin(node: tree.Node) -> int:
    """Return where a node begins: those of an operator are named by its place."""
    while isinstance(node, tree.Arithmetic | tree.Compared):
        node = node.left
    return node.at
