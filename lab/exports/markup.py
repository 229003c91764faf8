"""Readable tables as LaTeX (booktabs), Markdown (GitHub's) and HTML, and texts as spreadsheets may open them.

All text is escaped: titles are people's input.
"""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Iterable, Sequence

import pandas as pd

from lab.exports.readable import Align, Readable

LATEX = {
    **{character: f"\\{character}" for character in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\symbol{34}",
    "`": r"\textasciigrave{}",
    "'": r"\textquotesingle{}",
    "[": "{[}",
    "]": "{]}",  # a line's end takes options
    "±": r"$\pm$",
    "…": r"\ldots{}",
    "⚠": r"\textbf{!}",
    "–": r"\textendash{}",
    "\N{MINUS SIGN}": "$-$",
    "·": r"$\cdot$",
    "→": r"$\to$",
    "×": r"$\times$",
}
"""What stands for a character."""
MARKDOWN = re.compile(r"[\\`*_\[\]<>|~$&]")
"""Characters that Markdown, or GitHub's, takes for more than themselves in the middle of a line."""
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""What a text begins with that spreadsheets run as a formula; the wide ones are made narrow in some countries."""
HEADING = 12
"""Letters of a column's heading in LaTeX, over which it goes on in another line."""
PLACES: dict[Align, str] = {"left": "l", "right": "r", "wrapped": r"p{0.32\linewidth}"}
"""Columns of LaTeX."""
CLASSES: dict[Align, str] = {"left": "", "right": " class=number", "wrapped": " class=sentence"}
"""Of the cells of HTML."""
NO_WIDER = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"
"""Scales what is wider than the text to its width, and nothing else."""


def latex(tables: Sequence[Readable]) -> str:
    """Tables to put into a document that uses the packages booktabs and graphicx; none is wider than the page."""
    head = "% \\usepackage{booktabs,graphicx,textcomp}; letters of other scripts need LuaLaTeX or XeLaTeX.\n"
    return head + "\n".join(map(_latex_table, tables))


def markdown(tables: Sequence[Readable]) -> str:
    """Tables as GitHub shows them."""
    return "\n".join(map(_markdown_table, tables))


def html_table(table: Readable) -> str:
    """One table."""
    head = "".join(_html_cell("th", text, align) for text, align in zip(table.columns, table.align, strict=True))
    rows = (
        "".join(_html_cell("td", text, align) for text, align in zip(row, table.align, strict=True))
        for row in table.rows
    )
    body = "\n".join(f"<tr>{row}</tr>" for row in rows)
    caption = f"<caption><span>{html.escape(table.caption)}</span></caption>"
    return f"<div class=wide><table>{caption}<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"


def latex_text(text: str) -> str:
    """A text that LaTeX sets as it is."""
    escaped = "".join(LATEX.get(character, character) for character in one_line(text))
    return re.sub("-(?=-)", "-{}", escaped)  # two dashes would become one


def markdown_text(text: str) -> str:
    """A text that Markdown shows as it is, also in a cell of a table."""
    return MARKDOWN.sub(lambda match: f"\\{match[0]}", one_line(text))


def spreadsheet_text(text: str) -> str:
    """A text that no spreadsheet program takes for a formula: one that begins like one gets an apostrophe before it.

    OWASP, CSV Injection.
    """
    line = one_line(text)  # nor does it begin with a tab or a line end
    return f"'{line}" if line.startswith(FORMULA) else line


def spreadsheet(table: pd.DataFrame, nothing: str = "") -> bytes:
    """A table as CSV whose texts no spreadsheet program runs; `nothing` is in place of a number that there is not."""
    harmless = table.copy()
    for name in harmless.select_dtypes(exclude="number"):
        texts = {text: spreadsheet_text(text) for text in harmless[name].unique() if isinstance(text, str)}
        harmless[name] = harmless[name].map(texts)
    return harmless.to_csv(index=False, na_rep=nothing, lineterminator="\n").encode()


def one_line(text: str) -> str:
    """A text without line ends and control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _latex_table(table: Readable) -> str:
    def line(cells: Iterable[str]) -> str:
        return " & ".join(cells) + r" \\"

    places = "".join(PLACES[align] for align in table.align)
    lines = [
        r"\begin{table}",
        rf"\caption{{{latex_text(table.caption)}}}",
        r"\centering\small",
        NO_WIDER,
        rf"\begin{{tabular}}{{{places}}}",
        r"\toprule",
        line(map(_heading, table.columns, table.align)),
        r"\midrule",
        *(line(map(_latex_cell, row, table.align)) for row in table.rows),
        r"\bottomrule",
        r"\end{tabular}}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _latex_cell(text: str, align: Align) -> str:
    escaped = latex_text(text)
    return re.sub(r"(?<!\w)-(?=\d)", "$-$", escaped) if align == "right" else escaped  # minus, no hyphen


def _heading(text: str, align: Align) -> str:
    """A heading in as many lines as keep its column narrow."""
    lines = textwrap.wrap(one_line(text), HEADING, break_long_words=False, break_on_hyphens=False)
    stacked = r"\\".join(map(latex_text, lines))
    return rf"\shortstack[{'r' if align == 'right' else 'l'}]{{{stacked}}}" if len(lines) > 1 else stacked


def _markdown_table(table: Readable) -> str:
    def line(cells: Sequence[str]) -> str:
        return f"| {' | '.join(cells)} |"

    marks = ["---:" if align == "right" else "---" for align in table.align]
    rows = [[markdown_text(cell) for cell in row] for row in [table.columns, *table.rows]]
    lines = [markdown_text(table.caption), "", line(rows[0]), line(marks), *map(line, rows[1:])]
    return "\n".join(lines) + "\n"


def _html_cell(tag: str, text: str, align: Align) -> str:
    return f"<{tag}{CLASSES[align]}>{html.escape(text)}</{tag}>"
