"""Draws the board with rich; without a terminal it says one line per alert instead."""

from math import ceil

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from deploy.view.board import Board
from pipeline.rules.model import Phase, Rules
from schemas.alert import Alert, AlertStatus
from schemas.handover.entry import Step

PROSPECT_STYLES = ("cyan", "yellow", "magenta", "bold red")
SHOWN = (
    (Step.OFFERED, "handed over"),
    (Step.ACCEPTED, "accepted"),
    (Step.REJECTED, "rejected"),
    (Step.FIRST_TOUCH, "touched"),
    (Step.WARNED, "warned"),
    (Step.BREACHED, "breached"),
    (Step.REASSIGNED, "reassigned"),
)
FRAME_LINES = 4
ROWS_MIN = 2


def draw(board: Board, note: str, width: int, height: int) -> RenderableType:
    """The whole screen.

    Args:
        board: what is known.
        note: lines at the foot: where to look, what to type. Never cut: they are there to be copied.
        width, height: columns and lines of the terminal.
    """
    foot = Text(note, overflow="fold", style="dim")
    above = Text("\n").join((_funnel(board), _handovers(board)))
    used = 1 + lines_of(above.plain, width) + lines_of(note, width) + FRAME_LINES
    rows = max(height - used - 1, 2 * ROWS_MIN)
    return Group(_figures(board), above, _accounts(board, rows // 2), _alerts(board, rows - rows // 2), foot)


def lines_of(text: str, width: int) -> int:
    """Lines a text takes on a terminal of so many columns."""
    return sum(max(1, ceil(len(line) / max(width, 1))) for line in text.split("\n"))


def printable(text: str) -> str:
    """Text from outside without control characters: a company's name must not steer the terminal."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def alert_line(alert: Alert) -> str:
    """One alert as a plain line, or that it was taken back."""
    head = f"{alert.raised_at:%Y-%m-%d %H:%M} {alert.team:<9} {alert.trigger:<20}"
    if alert.status is AlertStatus.RETRACTED:
        return printable(f"{head} TAKEN BACK {alert.account_name}: {alert.why}")
    return printable(f"{head} {alert.why} Next: {alert.play.message}")


def say(console: Console, alert: Alert) -> None:
    """Print an alert as a line, without markup: names come from outside."""
    console.print(alert_line(alert), markup=False, highlight=False, soft_wrap=True)


def style_of(stage: str, rules: Rules) -> str:
    """How a stage is drawn: the warmer, the nearer to the sale; green after it; dim off the way."""
    rule = rules.stage_by_name.get(stage)
    if rule is None:
        return ""
    if rule.phase is Phase.CUSTOMER:
        return "green"
    if rule.phase is Phase.DETOUR:
        return "dim"
    before_sale = [one.name for one in rules.way if one.phase is Phase.PROSPECT]
    share = before_sale.index(stage) / max(len(before_sale) - 1, 1)
    return PROSPECT_STYLES[int(share * (len(PROSPECT_STYLES) - 1))]


def _figures(board: Board) -> Table:
    table = Table.grid(padding=(0, 3))
    figures = board.figures
    table.add_row(
        "[bold]triggerpoint[/]",
        f"events {figures.events:,.0f}",
        f"{figures.events_per_second:,.0f}/s",
        f"rejected {figures.rejected:,.0f}",
        f"transitions {board.transitions:,}",
        f"alerts {board.alerts_total:,}" + (f", {board.taken_back:,} taken back" if board.taken_back else ""),
        f"lag {figures.lag:,.0f}",
    )
    return table


def _funnel(board: Board) -> Text:
    text = Text()
    for rule in board.rules.stages:
        text.append(f"{rule.name} ", "dim")
        text.append(f"{board.stages[rule.name]}  ", style_of(rule.name, board.rules))
    return text


def _handovers(board: Board) -> Text:
    text = Text()
    if board.activation is not None:
        text.append("journey ", "dim")
        text.append(f"{board.rules.version} (activation {board.activation.number})  ")
    for step, words in SHOWN:
        text.append(f"{words} ", "dim")
        text.append(f"{board.handed[step]}  ", "red" if step is Step.BREACHED and board.handed[step] else "")
    return text


def _accounts(board: Board, rows: int) -> Panel:
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(ratio=1, no_wrap=True)
    for width in (11, 7, 12, 20):
        table.add_column(width=width, no_wrap=True)
    for line in board.newest(rows):
        style = style_of(line.stage, board.rules)
        table.add_row(
            escape(printable(line.name)),
            f"[{style}]{line.stage}[/]" if style else line.stage,
            f"{line.score:g}",
            line.moved_at,
            line.last_trigger,
        )
    return Panel(table, title="accounts: stage, score, moved, last trigger", title_align="left")


def _alerts(board: Board, rows: int) -> Panel:
    lines = Group(*(_alert(alert) for alert in list(board.alerts)[:rows]))
    return Panel(lines, title="newest alerts and why", title_align="left")


def _alert(alert: Alert) -> Text:
    gone = alert.status is AlertStatus.RETRACTED
    return Text.assemble(
        (f"{alert.team:<9} ", "dim" if gone else "bold"),
        (f"{alert.trigger:<20} ", "dim strike" if gone else "yellow"),
        (f"{printable(alert.account_name)}: {printable(alert.why)}", "dim") if gone else printable(alert.why),
        no_wrap=True,
        overflow="ellipsis",
    )
