"""Whether a PromQL expression parses and names only series and labels that exist."""

import re
from collections.abc import Iterable, Mapping

import promql_parser
from promql_parser import AggModifierType, AggregateExpr, Expr, VectorSelector

Series = Mapping[str, frozenset[str]]

_GRAFANA = re.compile(r"\$__(rate_interval|interval|range)\b|\$\{__(rate_interval|interval|range)\}")
_LABEL_VALUES = re.compile(r"^label_values\(\s*(?:(?P<series>[\w:]+)\s*,)?\s*(?P<label>\w+)\s*\)$")
_LEGEND = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def problems_of(text: str, series: Series) -> list[str]:
    """What is wrong with an expression, in words; empty if nothing is.

    Args:
        text: the expression; Grafana's intervals may stand in it.
        series: name -> labels of everything that exists.
    """
    try:
        expression = parse(text)
    except ValueError as error:
        return [f"does not parse: {error}"]
    found: list[str] = []

    def visit(node: Expr) -> None:
        if isinstance(node, VectorSelector):
            found.extend(_selector_problems(node, series))
        elif isinstance(node, AggregateExpr) and node.modifier is not None:
            inside = frozenset().union(*(series.get(name, frozenset()) for name in _names(node.expr)))
            found.extend(
                f"no series in `{node.expr.prettify()}` has the label {label}"
                for label in node.modifier.labels
                if inside and label not in inside
            )

    promql_parser.walk(expression, visit)
    return found


def parse(text: str) -> Expr:
    """The expression's tree.

    Raises:
        ValueError: it is none.
    """
    return promql_parser.parse(_GRAFANA.sub("5m", text))


def labels_left(text: str, series: Series) -> frozenset[str]:
    """Labels the result has: those of the outermost `by`, or all of the series in it."""
    labels: list[frozenset[str]] = []

    def visit(node: Expr) -> None:
        if not isinstance(node, AggregateExpr):
            return
        if node.modifier is None:
            labels.append(frozenset())
        elif node.modifier.type == AggModifierType.By:
            labels.append(frozenset(node.modifier.labels))

    expression = parse(text)
    promql_parser.walk(expression, visit)
    return labels[0] if labels else frozenset().union(*(series.get(name, frozenset()) for name in _names(expression)))


def legend_problems(legend: str, text: str, series: Series) -> list[str]:
    """Labels a legend shows that the expression does not leave over."""
    left = labels_left(text, series)
    shown = [name for name in _LEGEND.findall(legend) if name not in left]
    return [f"the legend shows {name}, which is not in the result" for name in shown]


def variable_problems(text: str, series: Series) -> list[str]:
    """What is wrong with a dashboard variable's query; only `label_values` is used."""
    match = _LABEL_VALUES.match(text.strip())
    if match is None:
        return [f"`{text}` is no label_values(series, label)"]
    name, label = match["series"], match["label"]
    if name and name not in series:
        return [f"there is no series {name}"]
    known = series[name] if name else frozenset().union(*series.values())
    return [] if label in known else [f"{name or 'no series'} has no label {label}"]


def _selector_problems(node: VectorSelector, series: Series) -> list[str]:
    name = node.name
    if name is None:
        return ["a selector names no series"]
    if name not in series:
        return [f"there is no series {name}"]
    used: Iterable[str] = (matcher.name for matcher in node.matchers.matchers)
    return [f"{name} has no label {label}" for label in used if label not in series[name]]


def _names(expression: Expr) -> set[str]:
    found: set[str] = set()

    def visit(node: Expr) -> None:
        if isinstance(node, VectorSelector) and node.name is not None:
            found.add(node.name)

    promql_parser.walk(expression, visit)
    return found
