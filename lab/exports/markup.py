"""Readable tables as LaTeX (booktabs), Markdown (GitHub's) and HTML. All text is escaped: titles are people's input."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from lab.exports.readable import Readable

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
    "–": r"\textendash{}",
    "·": r"$\cdot$",
    "→": r"$\to$",
    "×": r"$\times$",
}
"""What stands for a character."""
MARKDOWN = re.compile(r"[\\`*_\[\]<>|~$&]")
"""Characters that Markdown, or GitHub's, takes for more than themselves in the middle of a line."""


def latex(tables: Sequence[Readable]) -> str:
    """Tables to put into a document that uses the package booktabs."""
    head = "% \\usepackage{booktabs,textcomp}; letters of other scripts need LuaLaTeX or XeLaTeX.\n"
    return head + "\n".join(map(_latex_table, tables))


def markdown(tables: Sequence[Readable]) -> str:
    """Tables as GitHub shows them."""
    return "\n".join(map(_markdown_table, tables))


def html_table(table: Readable) -> str:
    """One table."""
    head = "".join(_html_cell("th", text, right) for text, right in zip(table.columns, table.numeric, strict=True))
    rows = (
        "".join(_html_cell("td", text, right) for text, right in zip(row, table.numeric, strict=True))
        for row in table.rows
    )
    body = "\n".join(f"<tr>{row}</tr>" for row in rows)
    caption = f"<caption>{html.escape(table.caption)}</caption>"
    return f"<div class=wide><table>{caption}<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"


def latex_text(text: str) -> str:
    """A text that LaTeX sets as it is."""
    escaped = "".join(LATEX.get(character, character) for character in one_line(text))
    return re.sub("-(?=-)", "-{}", escaped)  # two dashes would become one


def markdown_text(text: str) -> str:
    """A text that Markdown shows as it is, also in a cell of a table."""
    return MARKDOWN.sub(lambda match: f"\\{match[0]}", one_line(text))


def one_line(text: str) -> str:
    """A text without line ends and control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _latex_table(table: Readable) -> str:
    def line(cells: Sequence[str]) -> str:
        return " & ".join(map(latex_text, cells)) + r" \\"

    places = "".join("r" if right else "l" for right in table.numeric)
    lines = [
        rf"\begin{{table}}\caption{{{latex_text(table.caption)}}}\centering",
        rf"\begin{{tabular}}{{{places}}}",
        r"\toprule",
        line(table.columns),
        r"\midrule",
        *map(line, table.rows),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _markdown_table(table: Readable) -> str:
    def line(cells: Sequence[str]) -> str:
        return f"| {' | '.join(cells)} |"

    marks = ["---:" if right else "---" for right in table.numeric]
    rows = [[markdown_text(cell) for cell in row] for row in [table.columns, *table.rows]]
    lines = [markdown_text(table.caption), "", line(rows[0]), line(marks), *map(line, rows[1:])]
    return "\n".join(lines) + "\n"


def _html_cell(tag: str, text: str, right: bool) -> str:
    return f"<{tag}{' class=number' if right else ''}>{html.escape(text)}</{tag}>"
