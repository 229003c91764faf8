"""Reproduce: published tables, ours beside theirs, and the runs behind each number."""

from lab.studies import STUDIES
from lab.ui import state
from lab.ui.notices import show_notices
from lab.ui.sections import chosen_section
from lab.ui.studies.page import in_order, results, story
from lab.ui.studies.row import ROW, STUDY

state.load()
show_notices()
study = STUDIES[chosen_section({name: name for name in in_order(STUDIES)}, STUDY, ROW)]
story(study)
results(study)
