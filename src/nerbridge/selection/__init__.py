"""Unlabelled sentences: which are most worth labelling, and what models are sure of in them."""
