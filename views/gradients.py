"""Gradients: what estimators really send back, and how far that is from the truth."""

from lab.ui import state
from lab.ui.gradients.bias_variance import bias_variance
from lab.ui.gradients.catalogue import catalogue
from lab.ui.gradients.curves import curves
from lab.ui.gradients.defects import defects
from lab.ui.gradients.health import health
from lab.ui.gradients.neuron import neuron
from lab.ui.gradients.proofs import proofs
from lab.ui.gradients.same_batch import same_batch
from lab.ui.notices import show_notices
from lab.ui.sections import chosen_section

SECTIONS = {
    "bias": ("Bias against noise", bias_variance),
    "curves": ("Curves", curves),
    "catalogue": ("Catalogue", catalogue),
    "neuron": ("One neuron", neuron),
    "batch": ("Same batch, many estimators", same_batch),
    "health": ("Is anything learning?", health),
    "proofs": ("Proofs", proofs),
    "defects": ("Defects of the sources", defects),
}

state.load()
show_notices()
SECTIONS[chosen_section({name: title for name, (title, _) in SECTIONS.items()})][1]()
