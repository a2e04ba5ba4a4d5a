"""What a top-level name of a file does with arguments, or which configs it holds."""

from __future__ import annotations

import ast

from tritonlint.survey.arguments import ArgumentReader
from tritonlint.survey.choosing import chooses, functions_of
from tritonlint.survey.configs import NOT_ALL_CONFIGS, ConfigReader
from tritonlint.survey.decorators import DecoratorReader
from tritonlint.survey.effects import Effects
from tritonlint.survey.facts.lookups import Ask, Seen, Tables, Wanted
from tritonlint.survey.facts.names import in_module
from tritonlint.survey.file_names import FileNames
from tritonlint.survey.jit_names import others_bound
from tritonlint.survey.scopes import Assigned, FunctionName, Imported
from tritonlint.survey.walk import Walker


def read_member(tree: ast.Module, walker: Walker, name: str, ask: Ask) -> tuple[Seen, Tables]:
    """Read what a file binds to a name, to answer a question of another file."""
    text = walker.text
    reader = ArgumentReader(walker.scopes)
    names = FileNames(tree)
    configs = ConfigReader(text, names, reader)
    owner, _, attribute = name.rpartition(".")
    scope = next((s for _, s in walker.classes if s.qualname == owner), walker.module)
    bounds = scope.bindings.get(attribute, ()) if scope.qualname == owner else ()
    attributes: tuple[str, ...] = ()
    by_root = ask.wanted is Wanted.OWN or (ask.wanted is Wanted.FORMS and scope is walker.module)
    if owner and by_root:
        scope = walker.module
        root, *rest = name.split(".")
        bounds, attributes = scope.bindings.get(root, ()), tuple(rest)
    for module in walker.star_imports if not bounds else ():
        reader.follow(in_module(module, name), ask, tree, passed=None)
    if not (bounds or walker.star_imports or ask.wanted is Wanted.OWN):
        reader.unclear(f"`{name}` is not found", tree)
    if bounds and ask.wanted is Wanted.OPTIONS and not names.is_only_unpacked(name):
        reader.unclear(f"`{name}` may be changed after it is made", tree)
    for bound in bounds:
        match bound, ask.wanted:
            case _, Wanted.FORMS:
                for symbol in others_bound(bound, attributes):
                    reader.follow(symbol, ask, tree, passed=None)
            case Imported(symbol), Wanted.OWN:
                reader.follow(symbol.attribute(*attributes), ask, tree, passed=None)
            case _, Wanted.OWN if attributes or any(isinstance(b, Imported) for b in bounds):
                # It stands in for what is imported, or it is an attribute of an object.
                pass
            case FunctionName(_, function, _), Wanted.EFFECTS:
                effects = Effects(scope, may_ask=True)
                if len(bounds) > 1 or not effects.calls_pure(attribute):
                    reader.unclear(f"`{name}` may have an effect", function)
                for trust in effects.trusts:
                    reader.key(trust, "trusted", function)
                for symbol in effects.asks:
                    reader.follow(symbol, ask, function)
            case FunctionName(_, function, _), Wanted.ARGUMENTS:
                reader.function(function, ask.given)
            case FunctionName(_, function, _), Wanted.RETURNED:
                reader.returned_by(function, ask.given, f"what `{name}` returns")
            case FunctionName(_, function, _), Wanted.CONFIGS:
                configs.function(function)
            case FunctionName(_, function, _), Wanted.CHOICE:
                if not chooses(function, functions_of(walker.module)):
                    reader.unclear(NOT_ALL_CONFIGS, function)
            case Assigned(node, place), Wanted.ARGUMENTS:
                reader.hook(node, place, ask.given, f"`{name}`")
            case Assigned(node, place), Wanted.CONFIGS:
                configs.read(node, place)
            case Assigned(node, place), Wanted.OPTIONS:
                decorators = DecoratorReader(text, names, walker.scopes, walker.options)
                decorators.options_in(node, place, reader)
            case Imported(symbol, False), _:
                reader.follow(symbol, ask, tree, passed=None)
            case _:
                reader.unclear(f"what `{name}` does is not understood", tree)
    return reader.seen, configs.tables
